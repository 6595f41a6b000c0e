# shellcheck shell=bash
# What the scripts of this folder share; read by them, of no use alone.

DRY_RUN=${DRY_RUN:-}

say() { printf '%s\n' "$*"; }
warn() { printf 'ATTENTION : %s\n' "$*" >&2; }

fail() {
    printf 'ERREUR : %s\n' "$*" >&2
    exit 1
}

# Prints the head of the calling script: the lines of comment after the first.
usage() { awk 'NR > 1 { if (!/^#/) exit; sub(/^# ?/, ""); print }' "$0"; }

unknown_option() {
    printf 'Option inconnue : %s\n\n' "$1" >&2
    usage >&2
    exit 2
}

# The value of an option: value_of --disk "$@" with the option itself as the first of the rest.
value_of() {
    if (($# < 2)) || [[ -z $2 || $2 == --* ]]; then
        printf 'Valeur manquante : %s\n' "$1" >&2
        exit 2
    fi
    printf '%s\n' "$2"
}

# Does something, or says what would be done.
run() {
    if [[ -n $DRY_RUN ]]; then
        printf '+ %s\n' "${*@Q}"
    else
        "$@"
    fi
}

# A whole number of GiB from "50", "50G" or "50GB".
gigabytes() {
    local text=${1%B}
    text=${text%G}
    [[ $text =~ ^[1-9][0-9]{0,5}$ ]] || fail "taille incorrecte : $1 (exemple : 50G)"
    printf '%s\n' "$text"
}

need() {
    local command
    for command in "$@"; do
        command -v "$command" >/dev/null 2>&1 || {
            [[ -n $DRY_RUN ]] && continue
            fail "la commande « $command » manque sur cette machine"
        }
    done
}

need_root() {
    [[ -n $DRY_RUN || $(id -u) -eq 0 ]] || fail "à lancer en tant que root (sudo), ou avec --dry-run"
}

# Whether $1 is $2 or lies in it. Both absolute.
lies_in() {
    local inner outer
    inner=$(realpath -m -- "$1") outer=$(realpath -m -- "$2")
    [[ $inner == "$outer" || $inner == "${outer%/}"/* ]]
}

need_absolute() {
    [[ $2 == /* && $2 != / && $2 != *$'\n'* && $2 != *'%'* && $2 != *' '* ]] ||
        fail "$1 : chemin absolu attendu, sans espace ni « % » ($2)"
}
