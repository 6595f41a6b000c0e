/// The task that is running, as far as two can be told apart.
enum CurrentTask {
    /// Nil outside a task.
    static var identity: Int? {
        unsafe withUnsafeCurrentTask { task in unsafe task?.hashValue }
    }
}
