// One app: Flex Consumption, one user-assigned identity, the package as built, no remote build. A Flex plan holds one app.


param location string
param tags { *: string }
param appName string
@description('The service in azure.yaml that is deployed to this app.')
param serviceName string
param planName string
param identityId string
@description('Node on the plan. 24 is the long-term support line; 22 is generally available too.')
@allowed(['22', '24'])
param nodeVersion string
@allowed([512, 2048, 4096])
param instanceMemoryMB int
@minValue(1)
@maxValue(1000)
param maximumInstances int
param deploymentContainerUrl string
@description('Subnet delegated to Microsoft.App/environments; empty: no virtual network.')
param subnetId string
@description('Public address ranges that may deploy; empty: any, still by identity.')
param deployIpRanges string[]
param appSettings { *: string }

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    tier: 'FlexConsumption'
    name: 'FC1'
  }
  properties: {
    reserved: true
  }
}

resource app 'Microsoft.Web/sites@2024-04-01' = {
  name: appName
  location: location
  // azd finds the app to deploy to by this tag.
  tags: union(tags, { 'azd-service-name': serviceName })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    clientAffinityEnabled: false
    publicNetworkAccess: 'Enabled'
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    functionAppConfig: {
      runtime: {
        name: 'node'
        version: nodeVersion
      }
      deployment: {
        storage: {
          type: 'blobContainer'
          value: deploymentContainerUrl
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      scaleAndConcurrency: {
        maximumInstanceCount: maximumInstances
        instanceMemoryMB: instanceMemoryMB
        alwaysReady: []
      }
    }
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      // No function answers HTTP. The app's own address is not closed by a rule all the same: the platform calls it to
      // learn which triggers there are (Azure-Functions#2635). Deployment uses the other address, which can be narrowed.
      scmIpSecurityRestrictionsUseMain: false
      scmIpSecurityRestrictionsDefaultAction: empty(deployIpRanges) ? 'Allow' : 'Deny'
      scmIpSecurityRestrictions: map(range(0, length(deployIpRanges)), index => {
        ipAddress: deployIpRanges[index]
        action: 'Allow'
        priority: 100 + index
        name: 'deploy-${index}'
      })
    }
  }

  resource configuration 'config' = {
    name: 'appsettings'
    properties: appSettings
  }

  resource ftp 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: {
      allow: false
    }
  }

  resource scm 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: {
      allow: false
    }
  }
}

output name string = app.name
