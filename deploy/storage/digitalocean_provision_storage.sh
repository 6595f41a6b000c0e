#!/usr/bin/env bash
# Makes a DigitalOcean volume for the data of a CloudSpace Vault and attaches it to a droplet.
#
# Usage: bash digitalocean_provision_storage.sh [options]      (needs the doctl command, configured)
#   --size GB         100 by default
#   --region NAME     fra1 by default
#   --droplet-id ID   the droplet; by default the one this runs on
#   --name NAME       name of the volume (default cloudspace-data); one that exists in the region is attached as it is
#   --dry-run         say what would be done, call nothing
#   --help
#
# The volume is neither formatted nor mounted here: setup_storage.sh does that, and refuses what is not empty.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$here/common.sh"

size=100 region=fra1 droplet='' name=cloudspace-data
while (($#)); do
    case "$1" in
        --size) size=$(value_of "$@"); size=$(gigabytes "$size"); shift 2 ;;
        --region) region=$(value_of "$@"); shift 2 ;;
        --droplet-id) droplet=$(value_of "$@"); shift 2 ;;
        --name) name=$(value_of "$@"); shift 2 ;;
        --dry-run) DRY_RUN=yes; shift ;;
        -h | --help) usage; exit ;;
        *) unknown_option "$1" ;;
    esac
done
[[ $region =~ ^[a-z]{3}[0-9]$ ]] || fail "région incorrecte : $region"
[[ $name =~ ^[a-z][a-z0-9-]{0,63}$ ]] || fail "nom de volume incorrect : $name"
[[ -z $droplet || $droplet =~ ^[0-9]+$ ]] || fail "identifiant de droplet incorrect : $droplet"
need doctl curl

if [[ -z $droplet ]]; then
    if [[ -n $DRY_RUN ]]; then
        droplet=CE-DROPLET
    else
        droplet=$(curl -fsS --max-time 5 http://169.254.169.254/metadata/v1/id) ||
            fail "cette machine n'est pas un droplet : donner --droplet-id"
    fi
fi

volume=''
if [[ -z $DRY_RUN ]]; then
    volume=$(doctl compute volume list --region "$region" --format ID,Name --no-header | awk -v name="$name" '$2 == name { print $1; exit }')
fi
if [[ -n $volume ]]; then
    say "Volume « $name » déjà là : $volume"
else
    say "Création d'un volume DigitalOcean de $size GB..."
    create=(compute volume create "$name" --region "$region" --size "${size}GiB" --format ID --no-header)
    if [[ -n $DRY_RUN ]]; then
        run doctl "${create[@]}"
        volume=ID-DU-VOLUME
    else
        volume=$(doctl "${create[@]}")
        say "Volume créé : $volume"
    fi
fi
trap 'warn "le volume $volume existe et n'\''est pas attaché"' ERR
run doctl compute volume-action attach "$volume" "$droplet" --wait
trap - ERR

say "Volume attaché au droplet $droplet"
say ""
say "Étape suivante, sur le droplet :"
say "  sudo bash setup_storage.sh --disk /dev/disk/by-id/scsi-0DO_Volume_$name --size ${size}G"
