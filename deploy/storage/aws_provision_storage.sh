#!/usr/bin/env bash
# Makes an encrypted EBS volume for the data of a CloudSpace Vault and attaches it to an instance.
#
# Usage: bash aws_provision_storage.sh [options]      (needs the aws command, configured)
#   --size GB          100 by default
#   --region NAME      eu-west-3 by default
#   --instance-id ID   the instance; by default the one this runs on
#   --name NAME        name of the volume (default cloudspace-data); one of that name that is free is used again
#   --device PATH      under which name the instance gets it (default /dev/xvdf)
#   --dry-run          say what would be done, call nothing
#   --help
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$here/common.sh"

size=100 region=eu-west-3 instance='' name=cloudspace-data device=/dev/xvdf
while (($#)); do
    case "$1" in
        --size) size=$(value_of "$@"); size=$(gigabytes "$size"); shift 2 ;;
        --region) region=$(value_of "$@"); shift 2 ;;
        --instance-id) instance=$(value_of "$@"); shift 2 ;;
        --name) name=$(value_of "$@"); shift 2 ;;
        --device) device=$(value_of "$@"); shift 2 ;;
        --dry-run) DRY_RUN=yes; shift ;;
        -h | --help) usage; exit ;;
        *) unknown_option "$1" ;;
    esac
done
[[ $region =~ ^[a-z]{2}(-[a-z]+)+-[0-9]$ ]] || fail "région incorrecte : $region"
[[ $name =~ ^[A-Za-z0-9._-]{1,64}$ ]] || fail "nom de volume incorrect : $name"
[[ $device =~ ^/dev/[a-z0-9]+$ ]] || fail "périphérique incorrect : $device"
[[ -z $instance || $instance =~ ^i-[0-9a-f]{8,17}$ ]] || fail "identifiant d'instance incorrect : $instance"
need aws curl

ask() { aws "$@" --region "$region" --output text; }

if [[ -z $instance ]]; then
    if [[ -n $DRY_RUN ]]; then
        instance=i-CETTE-INSTANCE
    else
        # The metadata service answers only with a token of its own (IMDSv2).
        token=$(curl -fsS --max-time 5 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' http://169.254.169.254/latest/api/token) ||
            fail "cette machine n'est pas une instance EC2 : donner --instance-id"
        instance=$(curl -fsS --max-time 5 -H "X-aws-ec2-metadata-token: $token" http://169.254.169.254/latest/meta-data/instance-id)
    fi
fi

if [[ -n $DRY_RUN ]]; then
    zone=$region-ZONE volume=''
else
    zone=$(ask ec2 describe-instances --instance-ids "$instance" --query 'Reservations[0].Instances[0].Placement.AvailabilityZone')
    volume=$(ask ec2 describe-volumes --query 'Volumes[0].VolumeId' --filters \
        "Name=tag:Name,Values=$name" "Name=availability-zone,Values=$zone" Name=status,Values=available)
    [[ $volume != None ]] || volume=''
fi

if [[ -n $volume ]]; then
    say "Volume « $name » déjà là : $volume"
else
    say "Création d'un volume EBS de $size GB dans $zone..."
    create=(ec2 create-volume --volume-type gp3 --encrypted --size "$size" --availability-zone "$zone" --query VolumeId
        --tag-specifications "ResourceType=volume,Tags=[{Key=Name,Value=$name},{Key=Project,Value=cloudspace}]")
    if [[ -n $DRY_RUN ]]; then
        run aws "${create[@]}" --region "$region" --output text
        volume=vol-NOUVEAU
    else
        volume=$(ask "${create[@]}")
        say "Volume créé : $volume"
    fi
fi
# What is paid for and not used must not go unnoticed.
trap 'warn "le volume $volume existe et n'\''est pas attaché"' ERR
say "Attente que le volume soit disponible..."
run aws ec2 wait volume-available --volume-ids "$volume" --region "$region"
say "Attachement de $volume à $instance sur $device..."
run aws ec2 attach-volume --volume-id "$volume" --instance-id "$instance" --device "$device" --region "$region"
run aws ec2 wait volume-in-use --volume-ids "$volume" --region "$region"
trap - ERR

say ""
say "Volume $volume attaché sur $device (sur les instances récentes : /dev/nvme1n1, voir lsblk)"
say "Étape suivante, sur l'instance :"
say "  sudo bash setup_storage.sh --disk $device --size ${size}G"
