// From "processes start" to "ready": a count of what has not come yet.

internal import Boot
internal import Reporting
internal import Scheduling
internal import Synchronization

/// What has to happen before the kernel says that it is ready.
enum StartUp {
  /// Processes that do not serve yet.
  private static let awaited = Atomic<Int>(0)

  /// Before any thread runs.
  static func expect(processes: Int) {
    awaited.store(processes, ordering: .relaxed)
    if processes == 0 { announce() }
  }

  /// A process has registered its services and waits for calls, or has ended on the way.
  static func noteProcessStarted() {
    if awaited.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 { announce() }
  }

  private static func announce() {
    Log.information(
      "ready: \(Processes.liveCount) processes, \(Kernel.onlineCores.count) cores, \(Kernel.nic == nil ? "no NIC" : "NIC up")"
    )
  }
}
