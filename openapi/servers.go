package openapi

import (
	"net/url"
	"slices"
	"strings"
)

// templates are the paths under which callers reach an operation: its own path
// below that of each server, or of none when there are no servers.
func templates(root, item, operation map[string]any, path string) []string {
	var out []string
	for _, base := range basePaths(root, item, operation) {
		if template := base + path; !slices.Contains(out, template) {
			out = append(out, template)
		}
	}
	return out
}

// basePaths reads the servers that are nearest to an operation, or what stands
// for them in OpenAPI 2.
func basePaths(root, item, operation map[string]any) []string {
	if base, ok := root["basePath"].(string); ok && root["swagger"] != nil {
		return []string{basePath(base)}
	}
	var out []string
	for _, server := range servers(root, item, operation) {
		object, _ := server.(map[string]any)
		address, ok := object["url"].(string)
		if !ok {
			continue
		}
		variables, _ := object["variables"].(map[string]any)
		for name, v := range variables {
			variable, _ := v.(map[string]any)
			if value, ok := variable["default"].(string); ok {
				address = strings.ReplaceAll(address, "{"+name+"}", value)
			}
		}
		out = append(out, basePath(address))
	}
	if len(out) == 0 {
		return []string{""}
	}
	return out
}

// servers are those of the operation, or else of its path, or of the document.
func servers(levels ...map[string]any) []any {
	for _, level := range slices.Backward(levels) {
		if list, ok := level["servers"].([]any); ok && len(list) > 0 {
			return list
		}
	}
	return nil
}

// basePath is the path of a server's address, with a slash before it and none
// after.
func basePath(address string) string {
	path := address
	if u, err := url.Parse(address); err == nil {
		path = u.EscapedPath()
	}
	if path = strings.Trim(path, "/"); path == "" {
		return ""
	}
	return "/" + path
}
