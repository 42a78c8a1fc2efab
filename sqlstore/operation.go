package sqlstore

import "portico"

func operations() *table[portico.OperationID, portico.Operation] {
	return &table[portico.OperationID, portico.Operation]{
		name:  "operations",
		noun:  "operation",
		audit: untold("read out of the specification, whose change is told"),
		row: func(o *portico.Operation) []cell {
			return []cell{
				text("id", &o.ID),
				text("api_id", &o.APIID),
				text("method", &o.Method),
				text("path", &o.Path),
				text("name", &o.Name),
				text("summary", &o.Summary),
				document("tags", &o.Tags),
				document("templates", &o.Templates),
				instant("created_at", &o.CreatedAt),
				instant("updated_at", &o.UpdatedAt),
			}
		},
		fields: []string{"id", "api_id", "method", "path", "name", "summary", "created_at", "updated_at"},
		unique: map[string]string{
			"operations_api_id_method_path_key": "The API has this operation already.",
		},
		change: routingChange[portico.Operation],
	}
}

func packageOperations() *table[portico.PackageOperationID, portico.PackageOperation] {
	of := func(column string) field {
		return related("SELECT " + column + " FROM operations WHERE id = package_operations.operation_id")
	}
	return &table[portico.PackageOperationID, portico.PackageOperation]{
		name:  "package_operations",
		noun:  "operation of a package",
		audit: told(""),
		row: func(o *portico.PackageOperation) []cell {
			return []cell{
				text("id", &o.ID),
				text("package_id", &o.PackageID),
				text("operation_id", &o.OperationID),
				document("rate_limit", &o.RateLimit),
				instant("created_at", &o.CreatedAt),
				instant("updated_at", &o.UpdatedAt),
			}
		},
		fields: []string{"id", "package_id", "operation_id", "created_at", "updated_at"},
		more:   map[string]field{"api_id": of("api_id"), "method": of("method"), "path": of("path")},
		unique: map[string]string{
			"package_operations_package_id_operation_id_key": "The package has this operation already.",
		},
		change: routingChange[portico.PackageOperation],
	}
}
