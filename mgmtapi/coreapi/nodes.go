package coreapi

import (
	"net/http"
	"strconv"

	"portico"
	"portico/access"
	"portico/httpkit"
	"portico/listing"
	"portico/mgmtapi/route"
	"portico/routing"
	"portico/usecase"
)

// nodeRoutes: the gateways that obey a control plane, and what they should have
// in force. Control planes are in no groups, and none is one.
func (s server) nodeRoutes() []route.Route {
	const nodes = controlPlane + "/nodes"
	reads, edits := inPlane(access.View), inPlane(access.Edit)
	return []route.Route{
		route.On("GET", nodes, "list-dataplane-nodes", s.listNodes, reads),
		route.On("GET", nodes+"/eol", "get-nodes-eol", s.listOldNodes, reads),
		route.On("GET", nodes+"/{nodeId}", "get-nodes-node_id", s.node, reads),
		route.On("DELETE", nodes+"/{nodeId}", "delete-nodes-node_id", s.deleteNode, edits),
		route.On("GET", controlPlane+"/expected-config-hash", "get-expected-config-hash", s.expectedHash, reads),
		route.On("GET", controlPlane+"/expected-config-version", "get-expected-config-version", s.expectedVersion, reads),
		route.On("GET", controlPlane+"/group-member-status", "get-control-planes-id-group-member-status", s.memberStatus, reads),
		route.On("GET", controlPlane+"/group-memberships", "get-control-planes-id-group-memberships", s.listMemberships, reads),
	}
}

// nodeView is an item of the contract's list-nodes.
type nodeView struct {
	ID            string            `json:"id"`
	Version       string            `json:"version"`
	Hostname      string            `json:"hostname"`
	Type          string            `json:"type"`
	LastPing      seconds           `json:"last_ping"`
	ConfigHash    string            `json:"config_hash"`
	Compatibility compatibilityView `json:"compatibility_status"`
	CreatedAt     seconds           `json:"created_at"`
	UpdatedAt     seconds           `json:"updated_at"`
}

// compatibilityView says whether a node understands its configuration: one of
// the control plane's own process always does.
type compatibilityView struct {
	State  string     `json:"state"`
	Issues []struct{} `json:"issues"`
}

func viewNode(n usecase.Node) nodeView {
	return nodeView{
		ID: n.ID, Version: n.Version, Hostname: n.Hostname, Type: "kong-proxy", LastPing: seconds(n.LastPing), ConfigHash: routing.ConfigHash(n.Epoch, n.Config),
		Compatibility: compatibilityView{"COMPATIBILITY_STATE_FULLY_COMPATIBLE", []struct{}{}},
		CreatedAt:     seconds(n.Since), UpdatedAt: seconds(n.LastPing),
	}
}

// nodePage is the contract's list-nodes.
type nodePage struct {
	Items []nodeView `json:"items"`
	Page  nodeCount  `json:"page"`
}

type nodeCount struct {
	Total int    `json:"total_count"`
	Next  string `json:"next,omitempty"`
}

func (s server) listNodes(w http.ResponseWriter, r *http.Request) error {
	plane, _, err := inControlPlane(r, "")
	if err != nil {
		return err
	}
	q, err := listing.ParseCursor(r, listing.Spec{})
	if err != nil {
		return err
	}
	nodes, err := s.Gateways.Running(r.Context(), plane)
	if err != nil {
		return err
	}
	list := listing.CursorEnvelope(r, usecase.Cut(nodes, q), q, viewNode)
	page := nodePage{Items: list.Data, Page: nodeCount{Total: len(nodes)}}
	if next := list.Meta.Page.Next; next != nil {
		page.Page.Next = *next
	}
	return httpkit.JSON(w, http.StatusOK, page)
}

// listOldNodes: the nodes are as old as the control plane, so that none has
// reached the end of its life before it.
func (s server) listOldNodes(w http.ResponseWriter, r *http.Request) error {
	return s.emptyList(Collection{form: itemsWithCount})(w, r)
}

// named finds the node in the path; KindNotFound.
func (s server) namedNode(r *http.Request) (usecase.Node, error) {
	plane, id, err := inControlPlane(r, "nodeId")
	if err != nil {
		return usecase.Node{}, err
	}
	nodes, err := s.Gateways.Running(r.Context(), plane)
	for _, n := range nodes {
		if n.ID == id {
			return n, nil
		}
	}
	if err == nil {
		err = portico.NotFound("node", id)
	}
	return usecase.Node{}, err
}

func (s server) node(w http.ResponseWriter, r *http.Request) error {
	n, err := s.namedNode(r)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, struct {
		Item nodeView `json:"item"`
	}{viewNode(n)})
}

// deleteNode removes nothing: a node that runs is one.
func (s server) deleteNode(_ http.ResponseWriter, r *http.Request) error {
	n, err := s.namedNode(r)
	if err != nil {
		return err
	}
	return portico.Errorf(portico.KindConflict, "The node [%s] is running; nothing was changed. It leaves the list when it is stopped.", n.ID)
}

// expectedHashView is the contract's GetExpectedConfigHashResponse.
type expectedHashView struct {
	Hash      string  `json:"expected_hash"`
	CreatedAt seconds `json:"created_at"`
	UpdatedAt seconds `json:"updated_at"`
}

func (s server) expectedHash(w http.ResponseWriter, r *http.Request) error {
	expected, err := s.expected(r)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, expectedHashView{
		routing.ConfigHash(expected.Epoch, expected.Version), seconds(expected.CreatedAt), seconds(expected.UpdatedAt),
	})
}

// expectedVersionView is the contract's GetExpectedConfigVersionResponse.
type expectedVersionView struct {
	Version   string  `json:"expected_config_version"`
	CreatedAt seconds `json:"created_at"`
}

func (s server) expectedVersion(w http.ResponseWriter, r *http.Request) error {
	expected, err := s.expected(r)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, expectedVersionView{strconv.FormatUint(expected.Version, 10), seconds(expected.UpdatedAt)})
}

func (s server) expected(r *http.Request) (routing.Expected, error) {
	plane, _, err := inControlPlane(r, "")
	if err != nil {
		return routing.Expected{}, err
	}
	return s.Gateways.Expected(r.Context(), plane)
}

// memberStatus: no control plane is a member of a group.
func (s server) memberStatus(w http.ResponseWriter, r *http.Request) error {
	if err := s.above(Collection{}, r); err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, struct {
		IsMember bool `json:"is_member"`
	}{})
}

// listMemberships: no control plane has members.
func (s server) listMemberships(w http.ResponseWriter, r *http.Request) error {
	return s.emptyList(Collection{form: dataWithCursor})(w, r)
}
