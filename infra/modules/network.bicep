// The private network: where the app's traffic leaves from and where private endpoints live. Existing subnets, zones and
// endpoints are used as they are; what belongs to a hub stays the hub's.

@export()
@description('What exists already and should be used. Leave out what should be made.')
type networkSettings = {
  @description('Address range of the virtual network that is made, at least a /25. Default 10.90.0.0/24.')
  addressPrefix: string?
  @description('Existing subnet for the app, delegated to Microsoft.App/environments. Give both subnets or none.')
  integrationSubnetId: string?
  @description('Existing subnet for private endpoints.')
  endpointSubnetId: string?
  @description('Resource group of the private endpoints where that subnet is in another subscription: an endpoint must be in the subscription of its network. Default: the network\'s own group.')
  endpointResourceGroup: string?
  @description('Existing private DNS zones, by service. They must be linked to the app\'s network already.')
  zoneIds: zoneIds?
  @description('false: private DNS is somebody else\'s (an Azure Policy, say); no zone and no record is made.')
  manageDns: bool?
}

@export()
type zoneIds = {
  blob: string?
  queue: string?
  table: string?
  vault: string?
  hsm: string?
}

param location string
param tags { *: string }
param networkName string
param settings networkSettings
@description('The services that need a zone.')
param services ('blob' | 'queue' | 'table' | 'vault' | 'hsm')[]

var addressPrefix = settings.?addressPrefix ?? '10.90.0.0/24'
var makesNetwork = empty(settings.?integrationSubnetId) || empty(settings.?endpointSubnetId)
var networkId = makesNetwork ? network.id : split(settings.integrationSubnetId!, '/subnets/')[0]

var vaultZones = {
  AzureCloud: { vault: 'privatelink.vaultcore.azure.net', hsm: 'privatelink.managedhsm.azure.net' }
  AzureChinaCloud: { vault: 'privatelink.vaultcore.azure.cn', hsm: 'privatelink.managedhsm.azure.cn' }
  AzureUSGovernment: { vault: 'privatelink.vaultcore.usgovcloudapi.net', hsm: 'privatelink.managedhsm.usgovcloudapi.net' }
}
var zoneNames = {
  blob: 'privatelink.blob.${environment().suffixes.storage}'
  queue: 'privatelink.queue.${environment().suffixes.storage}'
  table: 'privatelink.table.${environment().suffixes.storage}'
  vault: vaultZones[environment().name].vault
  hsm: vaultZones[environment().name].hsm
}
var managesDns = settings.?manageDns ?? true
var newZones = managesDns ? filter(services, service => empty(settings.?zoneIds[?service])) : []

resource network 'Microsoft.Network/virtualNetworks@2024-05-01' = if (makesNetwork) {
  name: networkName
  location: location
  tags: tags
  properties: {
    addressSpace: {
      addressPrefixes: [addressPrefix]
    }
    subnets: [
      {
        name: 'app'
        properties: {
          // Flex Consumption takes one address per instance or so; its subnet must be delegated. Both apps share it.
          addressPrefix: cidrSubnet(addressPrefix, 26, 0)
          // Tokens and telemetry go to public endpoints of Azure, and there is no NAT gateway. Said here, because the
          // default of newer API versions is false.
          defaultOutboundAccess: true
          delegations: [
            {
              name: 'flex-consumption'
              properties: {
                serviceName: 'Microsoft.App/environments'
              }
            }
          ]
        }
      }
      {
        name: 'endpoints'
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, 26, 1)
          // Endpoints answer; nothing leaves from here.
          defaultOutboundAccess: false
          privateEndpointNetworkPolicies: 'Enabled'
        }
      }
    ]
  }
}

resource zones 'Microsoft.Network/privateDnsZones@2024-06-01' = [
  for service in newZones: {
    name: zoneNames[service]
    #disable-next-line no-hardcoded-location // a DNS zone is global: there is no other value
    location: 'global'
    tags: tags
  }
]

resource links 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [
  for (service, index) in newZones: {
    parent: zones[index]
    name: 'key-escrow-${uniqueString(networkId)}'
    #disable-next-line no-hardcoded-location // as its zone
    location: 'global'
    properties: {
      registrationEnabled: false
      virtualNetwork: {
        id: networkId
      }
      // A vault that has a private endpoint elsewhere resolves through this zone too, and finds nothing: then the
      // public answer is the right one, or a source with `privateEndpoint: false` could not be reached.
      resolutionPolicy: service == 'vault' || service == 'hsm' ? 'NxDomainRedirect' : 'Default'
    }
  }
]

output integrationSubnetId string = makesNetwork ? '${networkId}/subnets/app' : settings.integrationSubnetId!
output endpointSubnetId string = makesNetwork ? '${networkId}/subnets/endpoints' : settings.endpointSubnetId!
@description('Zone ids by service; a service without one has no record made for it.')
output zoneIds { *: string } = toObject(
  managesDns ? services : [],
  service => service,
  service =>
    empty(settings.?zoneIds[?service])
      ? resourceId('Microsoft.Network/privateDnsZones', zoneNames[service])
      : settings.?zoneIds[?service]!
)
