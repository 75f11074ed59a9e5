// Who may do what in the containers of the escrow.

@export()
type containerGrant = {
  containerName: string
  principalId: string
  roleDefinitionId: string
  description: string
}

@export()
type escrowContainers = { backups: string, audits: string, drills: string }

@export()
func escrowContainersOf(name string) escrowContainers => {
  backups: name
  audits: '${name}-audits'
  drills: '${name}-drills'
}

func creates(containerName string, principalId string, recordCreation string) containerGrant => {
  containerName: containerName
  principalId: principalId
  roleDefinitionId: recordCreation
  description: 'Key escrow: creates and reads blobs; cannot overwrite, delete or re-tag them.'
}

func reads(containerName string, principalId string, auditor string) containerGrant => {
  containerName: containerName
  principalId: principalId
  roleDefinitionId: auditor
  description: 'Key escrow: reads blobs.'
}

@export()
@description('Each container has one writer, and all read all: whoever backs up must not write where it is certified.')
func containerGrantsOf(
  names escrowContainers,
  backup string,
  audit string,
  separateAudit bool,
  recordCreation string,
  auditor string
) containerGrant[] =>
  concat(
    [
      creates(names.backups, backup, recordCreation)
      separateAudit ? reads(names.audits, backup, auditor) : creates(names.audits, backup, recordCreation)
      reads(names.drills, backup, auditor)
    ],
    separateAudit
      ? [
          reads(names.backups, audit, auditor)
          creates(names.audits, audit, recordCreation)
          reads(names.drills, audit, auditor)
        ]
      : []
  )
