/// The seed that random tests begin with when somebody wants to see a failure again.
public enum TestSeed {
    /// `CLOUDSPACE_TEST_SEED`; nil when it is not set.
    public static var fromEnvironment: UInt64? { environment("CLOUDSPACE_TEST_SEED").flatMap { UInt64($0) } }
}
