// From "all cores are up" to "ready": a count of what has not come yet.

internal import Boot
internal import Reporting
internal import Synchronization

/// What has to happen before the kernel says that it is ready.
enum StartUp {
  /// Processes that do not serve yet, and one for the boot core's wait for the others.
  private static let awaited = Atomic<Int>(0)

  /// Before any thread runs.
  static func expect(processes: Int) { awaited.store(processes + 1, ordering: .relaxed) }

  /// All cores are there, or will not come.
  static func noteCores() { noteOne() }

  /// A process has registered its services and waits for calls, or has ended on the way.
  static func noteProcessStarted() { noteOne() }

  private static func noteOne() {
    let left = awaited.subtract(1, ordering: .acquiringAndReleasing).newValue
    guard left == 0 else { return }
    Log.information(
      "ready: \(Processes.liveCount) processes, \(Kernel.coreCount) cores, \(Kernel.nic == nil ? "no NIC" : "NIC up")"
    )
  }
}
