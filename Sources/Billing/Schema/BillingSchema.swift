public import Database

/// The tables of billing. Frozen history: a migration, once released, never changes.
///
/// They come after those of the vault, whose accounts they refer to. Amounts are in the currency's smallest unit, times
/// UTC milliseconds, sizes bytes.
public enum BillingSchema {
    /// What `Migrator` records them under.
    public static let name: StaticString = "billing"

    public static let migrations: [Migration] = [
        Migration(
            name: "billing-0001-plans",
            sql: """
                CREATE TABLE plans (
                    id TEXT PRIMARY KEY,
                    position INTEGER NOT NULL,
                    name TEXT NOT NULL,
                    storage_limit BIGINT NOT NULL CHECK (storage_limit > 0),
                    version_retention_days INTEGER CHECK (version_retention_days > 0)
                );
                """,
            .refuse(.delete, on: "plans", trigger: "plans_are_never_deleted", saying: "plans are never deleted"),
            """
            CREATE TABLE plan_features (
                plan_id TEXT NOT NULL REFERENCES plans (id),
                feature TEXT NOT NULL,
                PRIMARY KEY (plan_id, feature)
            );

            CREATE TABLE plan_prices (
                id INTEGER PRIMARY KEY AUTOINCREMENT,
                plan_id TEXT NOT NULL REFERENCES plans (id),
                period TEXT NOT NULL CHECK (period IN ('month', 'year')),
                amount BIGINT NOT NULL CHECK (amount >= 0),
                currency TEXT NOT NULL CHECK (LENGTH(currency) = 3),
                valid_from BIGINT NOT NULL,
                UNIQUE (plan_id, period, valid_from)
            );
            """,
            .refuse(
                .update, on: "plan_prices", trigger: "plan_prices_are_never_updated",
                saying: "plan_prices is append-only"),
            .refuse(
                .delete, on: "plan_prices", trigger: "plan_prices_are_never_deleted",
                saying: "plan_prices is append-only")),
        // The catalogue a new vault begins with. From then on it is the operator's: no later start puts it back.
        Migration(
            name: "billing-0002-first-catalogue",
            sql: """
                INSERT INTO plans (id, position, name, storage_limit, version_retention_days) VALUES
                    ('free', 1, 'Free', 21474836480, 90),
                    ('standard', 2, 'Standard', 214748364800, 365),
                    ('premium', 3, 'Premium', 2199023255552, NULL);
                INSERT INTO plan_features (plan_id, feature) VALUES ('premium', 'advanced_transformations');
                INSERT INTO plan_prices (plan_id, period, amount, currency, valid_from) VALUES
                    ('free', 'month', 0, 'XOF', 0),
                    ('standard', 'month', 2500, 'XOF', 0),
                    ('standard', 'year', 25000, 'XOF', 0),
                    ('premium', 'month', 10000, 'XOF', 0),
                    ('premium', 'year', 100000, 'XOF', 0);
                """),
        Migration(
            name: "billing-0003-subscriptions",
            sql: """
                CREATE TABLE subscriptions (
                    id BLOB PRIMARY KEY,
                    account_id BLOB NOT NULL REFERENCES accounts (id),
                    plan_id TEXT NOT NULL REFERENCES plans (id) CHECK (plan_id <> 'free'),
                    price_id INTEGER NOT NULL REFERENCES plan_prices (id),
                    status TEXT NOT NULL CHECK (status IN ('active', 'ended')),
                    since BIGINT NOT NULL,
                    until BIGINT CHECK (until > since),
                    ended_at BIGINT,
                    CHECK ((status = 'ended') = (ended_at IS NOT NULL))
                );
                CREATE UNIQUE INDEX subscriptions_one_per_account ON subscriptions (account_id) WHERE status = 'active';
                CREATE INDEX subscriptions_by_account ON subscriptions (account_id, since);
                CREATE INDEX subscriptions_by_price ON subscriptions (price_id);
                """,
            .refuse(
                .delete, on: "subscriptions", trigger: "subscriptions_are_never_deleted",
                saying: "subscriptions are never deleted")),
        Migration(
            name: "billing-0004-security-document-view",
            sql: """
                CREATE VIEW abonnements AS
                    SELECT s.id, s.account_id AS user_id, s.plan_id AS plan,
                           CASE p.period WHEN 'month' THEN 'mensuel' ELSE 'annuel' END AS periode,
                           p.amount AS montant, p.currency AS devise,
                           CASE s.status WHEN 'active' THEN 'actif' ELSE 'termine' END AS statut,
                           s.since AS date_debut, COALESCE(s.ended_at, s.until) AS date_fin
                    FROM subscriptions s JOIN plan_prices p ON p.id = s.price_id;
                """),
    ]
}
