#!/usr/bin/env bash
# Lets the escrow's identities into one Managed HSM: the one that backs up lists and backs up keys, the one that audits lists
# them, and neither does anything else.
#
# A Managed HSM has its own roles, outside of Azure Resource Manager, so the Bicep deployment cannot do this. Run it as an
# administrator of the HSM ("Managed HSM Administrator"), from where the HSM can be reached. It may be run again: what is
# there already is left as it is, a role that was changed is put back.
set -euo pipefail

readonly scope='/keys'
readonly read_action='Microsoft.KeyVault/managedHsm/keys/read/action'
readonly backup_action='Microsoft.KeyVault/managedHsm/keys/backup/action'

usage() {
  cat <<'TEXT'
Usage: grant-hsm-access.sh --hsm-name NAME --principal-id OBJECT_ID [--audit-principal-id OBJECT_ID] [--dry-run]

  --hsm-name NAME                 the Managed HSM
  --principal-id OBJECT_ID        object id of the identity that backs up (output identityPrincipalId of the deployment)
  --audit-principal-id OBJECT_ID  object id of the identity that audits, where it is another one
  --dry-run                       say what would be done, change nothing

Exit codes: 0 done, 1 failed, 2 usage.
TEXT
}

refuse() {
  printf '%s\n\n' "$1" >&2
  usage >&2
  exit 2
}

is_object_id() {
  [[ "$1" =~ ^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$ ]]
}

hsm_name=''
principal_id=''
audit_principal_id=''
dry_run=false
while [ $# -gt 0 ]; do
  case "$1" in
    --hsm-name | --principal-id | --audit-principal-id)
      [ $# -ge 2 ] || refuse "$1 needs a value."
      case "$1" in
        --hsm-name) hsm_name="$2" ;;
        --principal-id) principal_id="$2" ;;
        *) audit_principal_id="$2" ;;
      esac
      shift 2
      ;;
    --dry-run)
      dry_run=true
      shift
      ;;
    --help | -h)
      usage
      exit 0
      ;;
    *) refuse "Unknown argument: $1" ;;
  esac
done
[ -n "$hsm_name" ] || refuse 'Which Managed HSM? Give --hsm-name.'
is_object_id "$principal_id" ||
  refuse 'Whose access? Give --principal-id, an object id such as 00000000-0000-0000-0000-000000000000.'
[ -z "$audit_principal_id" ] || is_object_id "$audit_principal_id" ||
  refuse 'Whose access? --audit-principal-id is an object id such as 00000000-0000-0000-0000-000000000000.'
command -v az >/dev/null || {
  printf 'The Azure CLI (az) is not on the PATH. Install it, run "az login", and try again.\n' >&2
  exit 1
}

# Says what is done, then does it.
run() {
  printf '+'
  printf ' %q' "$@"
  printf '\n'
  "$dry_run" || "$@" >/dev/null
}

# grant ROLE_NAME DESCRIPTION OBJECT_ID ACTION...: a role of exactly these actions, assigned on the keys. Actions in the order
# in which they sort.
grant() {
  local role_name=$1 description=$2 object_id=$3
  shift 3
  local wanted_actions="$*" listed='' action
  for action in "$@"; do listed="$listed${listed:+, }\"$action\""; done
  local definition="\"roleName\": \"$role_name\", \"description\": \"$description\", \"actions\": [], \"notActions\": [], \"dataActions\": [$listed], \"notDataActions\": []"

  local actions
  actions=$(az keyvault role definition list --hsm-name "$hsm_name" --scope / \
    --query "[?roleName=='$role_name'].permissions[0].dataActions[]" --output tsv | sort | paste -sd' ' -)
  if [ "$actions" = "$wanted_actions" ]; then
    printf 'The role "%s" is there already, with exactly these actions: %s\n' "$role_name" "$actions"
  elif [ -z "$actions" ]; then
    run az keyvault role definition create --hsm-name "$hsm_name" --role-definition "{ $definition }"
  else
    printf 'The role "%s" has other actions than it should: %s\n' "$role_name" "$actions"
    local definition_id
    definition_id=$(az keyvault role definition list --hsm-name "$hsm_name" --scope / \
      --query "[?roleName=='$role_name'].id | [0]" --output tsv)
    run az keyvault role definition update --hsm-name "$hsm_name" --role-definition "{ \"id\": \"$definition_id\", $definition }"
  fi

  local assigned
  assigned=$(az keyvault role assignment list --hsm-name "$hsm_name" --scope "$scope" --assignee-object-id "$object_id" \
    --query "[?roleName=='$role_name'] | length(@)" --output tsv)
  if [ "${assigned:-0}" -gt 0 ]; then
    printf 'It is assigned to %s already.\n' "$object_id"
  else
    run az keyvault role assignment create --hsm-name "$hsm_name" --role "$role_name" --scope "$scope" \
      --assignee-object-id "$object_id" --assignee-principal-type ServicePrincipal
  fi
}

printf 'Managed HSM %s: identity %s may list and back up keys (scope %s).\n' "$hsm_name" "$principal_id" "$scope"
grant 'Key escrow: back up keys' 'For the escrow app: list keys and back them up. Cannot use, restore, change or delete a key.' \
  "$principal_id" "$backup_action" "$read_action"
if [ -n "$audit_principal_id" ]; then
  printf 'Managed HSM %s: identity %s may list keys (scope %s).\n' "$hsm_name" "$audit_principal_id" "$scope"
  grant 'Key escrow: list keys' 'For the audit app: list keys. Cannot back up, use, restore, change or delete a key.' \
    "$audit_principal_id" "$read_action"
fi

if "$dry_run"; then
  printf 'Dry run: nothing was changed.\n'
else
  printf 'Done. Check it with: npm run escrow -- doctor\n'
fi
