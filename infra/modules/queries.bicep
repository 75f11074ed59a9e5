// Makes a query of infra/queries ready to run: the shared beginning, and the deployment's own names in it.

@export()
@description('What stands between double underscores in a query, and the value for it.')
func completeQuery(query string, names { *: string }) string =>
  reduce(
    items(names),
    '${loadTextContent('../queries/shared/traces.kql')}\n${query}',
    (text, name) => replace(text, '__${name.key}__', name.value)
  )
