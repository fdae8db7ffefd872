// Whose endpoint is which: a kernel's use of `EndpointPlacement` (interface §3.4).
//
// A core holds one load at a time, at its kernel endpoint or at that of the worker on it, and any
// worker can be on any core. So each two of all kernel and worker endpoints can be held at once, and
// none of them share a class as long as there are classes enough. The class of the cores' state lines
// is nobody's: a store of a state waits for nothing. When there are not, at most half
// are the kernel's: a core whose dispatch thread may not wait can sleep, and is reached by an
// interrupt; a worker that may not wait costs its next call a dispatch.
//
// Kernel endpoints take the classes from below, workers from above. The lowest 16 of 32 classes are
// one half of the colours, so up to 15 dispatch threads do not keep the first 30 overflow lines of 16
// workers waiting, nor these workers theirs.

/// The endpoints of a kernel's cores and threads.
public struct EndpointAllotment: Hashable, Sendable {
  private let placement: EndpointPlacement
  private let cores: Int
  /// Endpoints of each class.
  private let rows: Int
  /// Classes that are not used, from the lowest on; few endpoints have none to spare.
  private let unusedClasses: Int
  /// Classes of kernel endpoints, behind those.
  private let kernelClasses: Int

  /// - Parameters:
  ///   - capacity: endpoints of the NIC, at least 1.
  ///   - cores: one more than the highest number of a core.
  public init(capacity: Int, cores: Int) {
    precondition(cores > 0)
    placement = EndpointPlacement(capacity: capacity)
    self.cores = cores
    rows = placement.count / placement.heldLoadLimit
    unusedClasses = placement.heldLoadLimit >= 4 ? Int(LineWindow.coreStateClass) + 1 : 0
    kernelClasses = min(cores, max(placement.heldLoadLimit / 2, 1))
  }

  private var classes: Int { placement.heldLoadLimit }
  private var workerClasses: Int { classes - unusedClasses - kernelClasses }
  /// Endpoints of each kernel class that are the cores'.
  private var kernelRows: Int { (cores + kernelClasses - 1) / kernelClasses }

  /// The kernel endpoint of a core; nil when the NIC has too few endpoints.
  public func endpoint(ofCore core: CoreIdentifier) -> EndpointIdentifier? {
    precondition(core.index < cores)
    return endpoint(
      inClass: unusedClasses + core.index % kernelClasses, row: core.index / kernelClasses)
  }

  /// The endpoint of the n-th worker thread, counted from 0; nil when the NIC has too few.
  public func endpoint(ofWorker worker: Int) -> EndpointIdentifier? {
    precondition(worker >= 0)
    let own = workerClasses * rows
    if worker < own {
      return endpoint(
        inClass: classes - 1 - worker % workerClasses, row: worker / workerClasses)
    }
    // What the cores have left of their classes.
    let left = worker - own
    return endpoint(
      inClass: unusedClasses + left % kernelClasses, row: kernelRows + left / kernelClasses)
  }

  /// How many of the first workers share a class with nobody, neither worker nor core.
  public var separateWorkers: Int { workerClasses }

  private func endpoint(inClass number: Int, row: Int) -> EndpointIdentifier? {
    row < rows ? placement.endpoint(at: row * classes + number) : nil
  }
}
