// From "all cores are up" to "ready": a gate for the cores, a count of the processes.

internal import Boot
internal import Reporting
internal import Synchronization

/// What has to happen before the kernel says that it is ready.
enum StartUp {
  private static let isOpen = Atomic<Bool>(false)
  private static let processesStarting = Atomic<Int>(0)

  /// Lets the waiting cores into their dispatch threads.
  static func open(processes: Int) {
    processesStarting.store(processes, ordering: .relaxed)
    isOpen.store(true, ordering: .releasing)
    barrier_complete()
    send_event()
  }

  /// Secondary cores wait here until the tables are complete.
  static func waitUntilOpen() {
    while !isOpen.load(ordering: .acquiring) { wait_for_event() }
  }

  /// A process has registered its services and waits for calls, or has ended on the way.
  static func noteProcessStarted() {
    let left = processesStarting.subtract(1, ordering: .acquiringAndReleasing).newValue
    guard left == 0 else { return }
    Log.information(
      "ready: \(Processes.liveCount) processes, \(Kernel.coreCount) cores, \(Kernel.nic == nil ? "no NIC" : "NIC up")"
    )
  }
}
