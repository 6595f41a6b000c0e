#!/usr/bin/env bash
# Prepares a place for the data of a CloudSpace Vault: a user, a disk if one is named, directories, permissions, a watch on free space.
#
# Usage: sudo bash setup_storage.sh [options]
#   --disk DEVICE      a whole, empty block device to format (ext4) and mount; without it a directory of the system's own disk
#   --size SIZE        how much the vault is meant to hold, e.g. 50G (default 50G): compared with the place there is
#   --mount DIRECTORY  where the disk is mounted (default /data/cloudspace)
#   --keys DIRECTORY   where the key ring will be; never on the data's disk (default /var/lib/cloudspace-keys)
#   --user NAME        the system user that runs the vault (default cloudspace)
#   --email ADDRESS    who is told when the disk is getting full
#   --threshold N      per cent of the disk from which they are told (default 85)
#   --no-cron          no watch on free space
#   --dry-run          say what would be done, change nothing
#   --help
#
# May be run again: what is there already is left as it is. A device that holds anything, is mounted elsewhere or has partitions is
# refused. Then: DIRECTORY/vault is what --data of the program takes; keys and data never go into one backup.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$here/common.sh"

readonly LABEL=cloudspace-data
disk='' mount_point=/data/cloudspace keys=/var/lib/cloudspace-keys user=cloudspace email='' size=50 threshold=85 with_cron=yes
# Where the system keeps these; tests say otherwise.
fstab=${CLOUDSPACE_FSTAB:-/etc/fstab} cron_file=${CLOUDSPACE_CRON_FILE:-/etc/cron.d/cloudspace-storage}
library=${CLOUDSPACE_LIBRARY:-/usr/local/lib/cloudspace}

while (($#)); do
    case "$1" in
        --disk) disk=$(value_of "$@"); shift 2 ;;
        --size) size=$(value_of "$@"); size=$(gigabytes "$size"); shift 2 ;;
        --mount) mount_point=$(value_of "$@"); shift 2 ;;
        --keys) keys=$(value_of "$@"); shift 2 ;;
        --user) user=$(value_of "$@"); shift 2 ;;
        --email) email=$(value_of "$@"); shift 2 ;;
        --threshold) threshold=$(value_of "$@"); shift 2 ;;
        --no-cron) with_cron=''; shift ;;
        --dry-run) DRY_RUN=yes; shift ;;
        -h | --help) usage; exit ;;
        *) unknown_option "$1" ;;
    esac
done

need_absolute --mount "$mount_point"
need_absolute --keys "$keys"
[[ $user =~ ^[a-z_][a-z0-9_-]{0,31}$ ]] || fail "nom d'utilisateur incorrect : $user"
[[ $threshold =~ ^[1-9][0-9]?$ ]] || fail "--threshold : un nombre de 1 à 99"
[[ -z $email || $email =~ ^[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+$ ]] || fail "adresse e-mail incorrecte : $email"
lies_in "$keys" "$mount_point" && fail "les clés ($keys) ne doivent jamais être sur le disque des données ($mount_point)"
[[ -z $disk || $disk == /dev/* ]] || fail "--disk : un périphérique de /dev attendu ($disk)"
# Without a disk and as the user it is for nothing here needs root.
if [[ -n $disk || -n $with_cron || $(id -un) != "$user" ]]; then need_root; fi

say "================================================"
say "  CloudSpace Storage Provisioning${DRY_RUN:+ (simulation)}"
say "================================================"
say "  Mount point : $mount_point"
say "  Disk        : ${disk:-(aucun, stockage local)}"
say "  Max storage : $size GB"
say "  App user    : $user"
say "================================================"

# ─── 1. User ─────────────────────────────────────────────────
if id "$user" >/dev/null 2>&1; then
    say "[1/7] Utilisateur « $user » existe déjà. OK."
else
    say "[1/7] Création de l'utilisateur système « $user »..."
    run useradd --system --user-group --home-dir "$mount_point" --no-create-home --shell /usr/sbin/nologin "$user"
fi
group=$(id -gn "$user" 2>/dev/null || printf '%s' "$user")

# ─── 2. Disk ─────────────────────────────────────────────────
# What rests on a device: a filesystem, a partition table, a RAID or LVM member. Asked of the device itself, not of a cache.
signature_of() { blkid --probe --output value --match-tag TYPE -- "$1" 2>/dev/null || true; }

is_mounted_at() { [[ $(findmnt --noheadings --output TARGET --source "$1" 2>/dev/null) == "$2" ]]; }

prepare_disk() {
    [[ -b $disk ]] || {
        lsblk --nodeps --output NAME,SIZE,TYPE,MOUNTPOINT >&2 || true
        fail "le disque $disk n'existe pas"
    }
    need blkid findmnt lsblk mkfs.ext4 wipefs
    if is_mounted_at "$disk" "$(realpath -m "$mount_point")"; then
        say "  → $disk est déjà monté sur $mount_point."
        return
    fi
    [[ -z $(lsblk --noheadings --output MOUNTPOINT "$disk" | tr -d '[:space:]') ]] ||
        fail "$disk, ou une de ses partitions, est déjà monté : on n'y touche pas"
    (($(lsblk --noheadings --output NAME "$disk" | wc -l) == 1)) || fail "$disk a des partitions : on n'y touche pas"
    mountpoint --quiet "$mount_point" 2>/dev/null && fail "$mount_point est déjà le point de montage d'un autre disque"
    local kind label
    kind=$(signature_of "$disk")
    label=$(blkid --probe --output value --match-tag LABEL -- "$disk" 2>/dev/null || true)
    if [[ $kind == ext4 && $label == "$LABEL" ]]; then
        say "  → $disk a été formaté par ce script auparavant. On le garde tel quel."
    elif [[ -n $kind || -n $(wipefs --noheadings --no-act "$disk" 2>/dev/null) ]]; then
        fail "$disk contient déjà quelque chose (${kind:-signature inconnue}) : il n'est pas formaté. S'il peut être effacé : wipefs --all $disk"
    else
        say "  → Formatage de $disk en ext4..."
        run mkfs.ext4 -q -L "$LABEL" "$disk"
    fi
    # A disk mounted over a directory hides what is in it.
    [[ -z $(ls -A "$mount_point" 2>/dev/null) ]] || fail "$mount_point n'est pas vide : son contenu serait caché"
    run mkdir -p "$mount_point"
    say "  → Montage de $disk sur $mount_point..."
    run mount -o noatime,nodev,nosuid,noexec "$disk" "$mount_point"
}

remember_disk() {
    local uuid line
    uuid=$(blkid --output value --match-tag UUID -- "$disk" 2>/dev/null || true)
    if [[ -z $uuid ]]; then
        [[ -n $DRY_RUN ]] || fail "$disk n'a pas d'UUID"
        uuid=UUID-DU-DISQUE
    fi
    line="UUID=$uuid  $mount_point  ext4  defaults,noatime,nodev,nosuid,noexec,nofail  0  2"
    if [[ -r $fstab ]] && grep --quiet --fixed-strings "UUID=$uuid" "$fstab"; then
        say "  → $fstab connaît déjà ce disque."
        return
    fi
    say "  → Ajout dans $fstab..."
    if [[ -n $DRY_RUN ]]; then say "+ $line"; else printf '%s\n' "$line" >>"$fstab"; fi
}

if [[ -n $disk ]]; then
    say "[2/7] Préparation du disque $disk..."
    prepare_disk
    remember_disk
else
    say "[2/7] Pas de disque spécifié, utilisation du stockage local."
    run mkdir -p "$mount_point"
fi

# ─── 3. and 4. Directories, permissions ──────────────────────
say "[3/7] Création de l'arborescence de stockage..."
say "    $mount_point/"
say "    ├── vault/   # base de données et contenus, toujours scellés (--data)"
say "    └── logs/    # surveillance de l'espace disque"
say "    $keys/   # trousseau de clés (--keys), ailleurs que les données"
say "[4/7] Configuration des permissions..."
for directory in "$mount_point/vault" "$mount_point/logs" "$keys"; do
    run install --directory --owner="$user" --group="$group" --mode=0700 "$directory"
done

# ─── 5. Size ─────────────────────────────────────────────────
say "[5/7] Contrôle de la taille..."
say "  Les quotas par personne sont tenus par le coffre lui-même (--storage-limit, plans)."
place=$mount_point
while [[ ! -e $place ]]; do place=$(dirname "$place"); done
total_kb=$(df --output=size -k "$place" | tail -n 1 | tr -d ' ')
if ((total_kb < size * 1024 * 1024 * 95 / 100)) && [[ -z $DRY_RUN || -z $disk ]]; then
    warn "$((total_kb / 1024 / 1024)) GB en tout sur $place, moins que les $size GB voulus"
fi

# ─── 6. Watch ────────────────────────────────────────────────
# Unfinished uploads, old trash and blobs without a document are collected by the vault itself: no cron deletes anything here.
if [[ -n $with_cron ]]; then
    say "[6/7] Surveillance de l'espace disque, toutes les 30 minutes (alerte à $threshold %)..."
    run install -D --mode=0755 "$here/check_disk_space.sh" "$library/check_disk_space.sh"
    line="*/30 * * * * $user $library/check_disk_space.sh --mount $mount_point --threshold $threshold${email:+ --email $email}"
    if [[ -n $DRY_RUN ]]; then
        say "+ $cron_file : $line"
    elif [[ ! -e $cron_file ]] || [[ $(tail -n 1 "$cron_file") != "$line" ]]; then
        printf '%s\n' "# Written by setup_storage.sh." "$line" >"$cron_file.new"
        chmod 0644 "$cron_file.new"
        mv "$cron_file.new" "$cron_file"
    fi
else
    say "[6/7] Pas de surveillance (--no-cron)."
fi

# ─── 7. Summary ──────────────────────────────────────────────
say "[7/7] Vérification finale..."
if [[ -z $DRY_RUN ]]; then
    for directory in "$mount_point/vault" "$keys"; do
        [[ $(stat --format='%U %a' "$directory") == "$user 700" ]] || fail "$directory n'appartient pas à $user seul"
    done
    [[ $(stat --format=%d "$mount_point/vault") != $(stat --format=%d "$keys") ]] ||
        warn "données et clés sont sur un même disque : ne les sauvegardez jamais ensemble"
fi
say "================================================"
say "  PROVISIONING TERMINÉ${DRY_RUN:+ (simulation, rien de changé)}"
say "================================================"
say "  Espace : $(df -h --output=size,avail "$place" | tail -n 1 | awk '{ print $1 " en tout, " $2 " disponibles" }')"
say ""
say "  Dans /etc/cloudspace/env :"
say "    CLOUDSPACE_DATA=$mount_point/vault"
say "    CLOUDSPACE_KEYS=$keys"
say "  Avec l'unité systemd de deploy/systemd, ajouter : ReadWritePaths=$mount_point/vault"
say "================================================"
