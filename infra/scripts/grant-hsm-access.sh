#!/usr/bin/env bash
# Lets the escrow's identity list and back up the keys of one Managed HSM, and nothing else.
#
# A Managed HSM has its own roles, outside of Azure Resource Manager, so the Bicep deployment cannot do this. Run it as an
# administrator of the HSM ("Managed HSM Administrator"), from where the HSM can be reached. It may be run again: what is
# there already is left as it is, a role that was changed is put back.
set -euo pipefail

readonly role_name='Key escrow: back up keys'
readonly scope='/keys'
readonly role_definition='{
  "roleName": "Key escrow: back up keys",
  "description": "For the escrow app: list keys and back them up. Cannot use, restore, change or delete a key.",
  "actions": [],
  "notActions": [],
  "dataActions": [
    "Microsoft.KeyVault/managedHsm/keys/read/action",
    "Microsoft.KeyVault/managedHsm/keys/backup/action"
  ],
  "notDataActions": []
}'
readonly wanted_actions='Microsoft.KeyVault/managedHsm/keys/backup/action Microsoft.KeyVault/managedHsm/keys/read/action'

usage() {
  cat <<'TEXT'
Usage: grant-hsm-access.sh --hsm-name NAME --principal-id OBJECT_ID [--dry-run]

  --hsm-name NAME           the Managed HSM
  --principal-id OBJECT_ID  object id of the escrow's identity (output identityPrincipalId of the deployment)
  --dry-run                 say what would be done, change nothing

Exit codes: 0 done, 1 failed, 2 usage.
TEXT
}

refuse() {
  printf '%s\n\n' "$1" >&2
  usage >&2
  exit 2
}

hsm_name=''
principal_id=''
dry_run=false
while [ $# -gt 0 ]; do
  case "$1" in
    --hsm-name | --principal-id)
      [ $# -ge 2 ] || refuse "$1 needs a value."
      if [ "$1" = --hsm-name ]; then hsm_name="$2"; else principal_id="$2"; fi
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
[[ "$principal_id" =~ ^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$ ]] ||
  refuse 'Whose access? Give --principal-id, an object id such as 00000000-0000-0000-0000-000000000000.'
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

printf 'Managed HSM %s: identity %s may list and back up keys (scope %s).\n' "$hsm_name" "$principal_id" "$scope"

actions=$(az keyvault role definition list --hsm-name "$hsm_name" --scope / \
  --query "[?roleName=='$role_name'].permissions[0].dataActions[]" --output tsv | sort | paste -sd' ' -)
if [ "$actions" = "$wanted_actions" ]; then
  printf 'The role "%s" is there already, with exactly its two actions.\n' "$role_name"
elif [ -z "$actions" ]; then
  run az keyvault role definition create --hsm-name "$hsm_name" --role-definition "$role_definition"
else
  printf 'The role "%s" has other actions than its two: %s\n' "$role_name" "$actions"
  definition_id=$(az keyvault role definition list --hsm-name "$hsm_name" --scope / \
    --query "[?roleName=='$role_name'].id | [0]" --output tsv)
  run az keyvault role definition update --hsm-name "$hsm_name" \
    --role-definition "{ \"id\": \"$definition_id\", ${role_definition#\{}"
fi

assigned=$(az keyvault role assignment list --hsm-name "$hsm_name" --scope "$scope" --assignee-object-id "$principal_id" \
  --query "[?roleName=='$role_name'] | length(@)" --output tsv)
if [ "${assigned:-0}" -gt 0 ]; then
  printf 'It is assigned already.\n'
else
  run az keyvault role assignment create --hsm-name "$hsm_name" --role "$role_name" --scope "$scope" \
    --assignee-object-id "$principal_id" --assignee-principal-type ServicePrincipal
fi

if "$dry_run"; then
  printf 'Dry run: nothing was changed.\n'
else
  printf 'Done. Check it with: npm run escrow -- doctor\n'
fi
