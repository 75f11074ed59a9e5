// Command lines with the real names in them, for what a person does after the deployment: roles, locks, removal. They are for
// bash, as in the Cloud Shell. $WHO is the object id of the person or the pipeline that a role is for.

@export()
@description('Gives somebody a role.')
func roleLine(role string, scope string) string =>
  'az role assignment create --assignee-object-id "$WHO" --role "${role}" --scope "${scope}"'

@export()
@description('Gives somebody a local role on a Managed HSM. One of its administrators runs it.')
func hsmRoleLine(role string, hsmName string) string =>
  'az keyvault role assignment create --hsm-name "${hsmName}" --role "${role}" --scope /keys --assignee "$WHO"'

@export()
@description('Takes away an assignment that this deployment made: its name is the guid of these three.')
func deleteAssignmentLine(scope string, principalId string, roleDefinitionId string) string =>
  'az role assignment delete --ids "${scope}/providers/Microsoft.Authorization/roleAssignments/${guid(scope, principalId, roleDefinitionId)}"'

@export()
type containerPlace = { subscriptionId: string, resourceGroup: string, accountName: string, containerName: string }

func containerOptions(place containerPlace) string =>
  '--subscription "${place.subscriptionId}" --resource-group "${place.resourceGroup}" --account-name "${place.accountName}" --container-name "${place.containerName}"'

@export()
@description('Locks the immutability policy of a container, for ever.')
func lockPolicyLine(place containerPlace) string =>
  'az storage container immutability-policy lock ${containerOptions(place)} --if-match "$(az storage container immutability-policy show ${containerOptions(place)} --query etag --output tsv)"'
