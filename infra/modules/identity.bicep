// The escrow's one identity. User-assigned: its roles outlive the app, so the app can be made anew without a gap.

param location string
param tags { *: string }
param identityName string

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: identityName
  location: location
  tags: tags
}

output id string = identity.id
output principalId string = identity.properties.principalId
output clientId string = identity.properties.clientId
