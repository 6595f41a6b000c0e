import Database

/// The tables of backups, and the view that the security document names.
///
/// No name of a file rests here: names are opened from the nodes themselves when a list is read, so that a shredded file has
/// none here either. The password of a portable archive rests sealed while the archive waits, and is wiped when it ends.
enum BackupTables {
    static let migration = Migration(
        name: "backup-0001-backups", reach: .additive,
        sql: """
            CREATE TABLE backups (
                id BLOB NOT NULL PRIMARY KEY,
                kind TEXT NOT NULL CHECK (kind IN ('fichier', 'dossier', 'casier', 'armoire', 'espace', 'systeme')),
                target_id BLOB,
                form TEXT NOT NULL CHECK (form IN ('scellee', 'portable')),
                base_id BLOB,
                number BIGINT NOT NULL,
                state TEXT NOT NULL
                    CHECK (state IN ('waiting', 'running', 'completed', 'failed', 'cancelled', 'deleting')),
                requested_by BLOB,
                schedule_id BLOB,
                requested_at BIGINT NOT NULL,
                started_at BIGINT,
                finished_at BIGINT,
                next_at BIGINT NOT NULL,
                attempts BIGINT NOT NULL,
                term BIGINT,
                cancel_asked_at BIGINT,
                has_leftovers BIGINT NOT NULL,
                total_entries BIGINT NOT NULL,
                done_entries BIGINT NOT NULL,
                total_bytes BIGINT NOT NULL,
                done_bytes BIGINT NOT NULL,
                head_number BIGINT,
                head_size BIGINT,
                moment BIGINT,
                file_count BIGINT NOT NULL,
                folder_count BIGINT NOT NULL,
                version_count BIGINT NOT NULL,
                blob_count BIGINT NOT NULL,
                content_bytes BIGINT NOT NULL,
                journal_size BIGINT NOT NULL,
                archive_bytes BIGINT NOT NULL,
                manifest_hash BLOB,
                place TEXT,
                problem TEXT,
                problem_detail TEXT,
                sealed_password BLOB,
                verified_at BIGINT,
                verification TEXT,
                drilled_at BIGINT,
                drill TEXT,
                proven_at BIGINT
            );
            CREATE INDEX backups_by_state ON backups (state, next_at, id);
            CREATE INDEX backups_by_base ON backups (base_id);
            CREATE INDEX backups_by_target ON backups (kind, target_id, number);
            CREATE INDEX backups_by_schedule ON backups (schedule_id, id);

            CREATE TABLE backup_volumes (
                backup_id BLOB NOT NULL REFERENCES backups (id),
                number BIGINT NOT NULL,
                name TEXT NOT NULL,
                size BIGINT NOT NULL,
                sha256 BLOB NOT NULL,
                PRIMARY KEY (backup_id, number)
            );

            CREATE TABLE backup_checks (
                id BLOB NOT NULL PRIMARY KEY,
                backup_id BLOB NOT NULL REFERENCES backups (id),
                kind TEXT NOT NULL CHECK (kind IN ('verification', 'drill')),
                state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'passed', 'failed', 'broken')),
                sample BIGINT NOT NULL,
                requested_by BLOB,
                requested_at BIGINT NOT NULL,
                started_at BIGINT,
                finished_at BIGINT,
                next_at BIGINT NOT NULL,
                attempts BIGINT NOT NULL,
                term BIGINT,
                total_entries BIGINT NOT NULL,
                done_entries BIGINT NOT NULL,
                total_bytes BIGINT NOT NULL,
                done_bytes BIGINT NOT NULL,
                finding_count BIGINT NOT NULL,
                problem TEXT,
                problem_detail TEXT
            );
            CREATE INDEX backup_checks_by_backup ON backup_checks (backup_id, id);
            CREATE INDEX backup_checks_by_state ON backup_checks (state, next_at, id);

            CREATE TABLE backup_findings (
                check_id BLOB NOT NULL REFERENCES backup_checks (id),
                position BIGINT NOT NULL,
                code TEXT NOT NULL,
                subject TEXT NOT NULL,
                PRIMARY KEY (check_id, position)
            );

            CREATE TABLE backup_schedules (
                id BLOB NOT NULL PRIMARY KEY,
                sealed_name BLOB NOT NULL,
                kind TEXT NOT NULL,
                target_id BLOB,
                rhythm TEXT NOT NULL CHECK (rhythm IN ('hourly', 'daily', 'weekly', 'monthly')),
                every BIGINT NOT NULL,
                hour BIGINT NOT NULL,
                minute BIGINT NOT NULL,
                day BIGINT NOT NULL,
                full_every BIGINT NOT NULL,
                keep_last BIGINT NOT NULL,
                keep_daily BIGINT NOT NULL,
                keep_weekly BIGINT NOT NULL,
                keep_monthly BIGINT NOT NULL,
                enabled BIGINT NOT NULL,
                created_by BLOB,
                created_at BIGINT NOT NULL,
                updated_at BIGINT NOT NULL,
                next_at BIGINT NOT NULL
            );
            CREATE INDEX backup_schedules_by_time ON backup_schedules (enabled, next_at);

            CREATE TABLE backup_drill_clock (
                singleton BIGINT NOT NULL PRIMARY KEY CHECK (singleton = 1),
                drilled_at BIGINT NOT NULL,
                round BIGINT NOT NULL
            );

            CREATE VIEW sauvegardes AS
                SELECT id, requested_at AS date, kind AS type, target_id AS cible_id, form AS forme,
                       CASE WHEN base_id IS NULL THEN 'complete' ELSE 'incrementale' END AS mode,
                       CASE state WHEN 'waiting' THEN 'en_attente' WHEN 'running' THEN 'en_cours'
                                  WHEN 'completed' THEN 'terminee' WHEN 'failed' THEN 'echouee'
                                  WHEN 'cancelled' THEN 'annulee' ELSE 'suppression' END AS statut,
                       CASE WHEN schedule_id IS NULL THEN 'personne' ELSE 'programme' END AS declencheur,
                       COALESCE(schedule_id, requested_by) AS declencheur_id,
                       '{"version_number":' || number || ',"nombre_fichiers":' || file_count || ',"nombre_dossiers":'
                           || folder_count || ',"nombre_versions":' || version_count || ',"octets":' || archive_bytes
                           || '}' AS contenu,
                       place AS chemin
                FROM backups;
            """)
}
