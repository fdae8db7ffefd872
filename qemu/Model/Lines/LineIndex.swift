// Lines by number: the receive lines of every endpoint, then the kernel's state lines.

import Interface

/// One line whose home is the NIC and that one core at a time may have in its cache.
///
///     34 × e + 0, 1     C0 and C1 of endpoint e
///     34 × e + 2…33     its overflow lines
///     behind them       the cores' state lines, then the processes' (`LineMap`)
struct LineIndex: Hashable {
  let number: Int

  static var linesPerEndpoint: Int { firstOverflowLine + LineGeometry.overflowLines }
  static var firstOverflowLine: Int {
    EndpointLayout.receiveOverflowOffset / LineGeometry.lineBytes
  }

  init(number: Int) { self.number = number }

  /// - Parameter blockOffset: below the end of the receive overflow lines.
  init(_ endpoint: EndpointIdentifier, blockOffset: Int) {
    number =
      endpoint.index * LineIndex.linesPerEndpoint + blockOffset / LineGeometry.lineBytes
  }

  static func control(_ parity: Parity, of endpoint: EndpointIdentifier) -> LineIndex {
    LineIndex(endpoint, blockOffset: Int(parity.rawValue) * LineGeometry.lineBytes)
  }

  static func overflow(_ line: Int, of endpoint: EndpointIdentifier) -> LineIndex {
    LineIndex(
      number: endpoint.index * LineIndex.linesPerEndpoint + firstOverflowLine + line)
  }
}

/// Which lines there are.
struct LineMap: Hashable {
  let endpoints: Int
  let cores: Int
  let processes: Int

  var count: Int { endpoints * LineIndex.linesPerEndpoint + cores + processes }

  func stateLine(of core: CoreIdentifier) -> LineIndex {
    LineIndex(number: endpoints * LineIndex.linesPerEndpoint + core.index)
  }

  func stateLine(of process: ProcessIdentifier) -> LineIndex {
    LineIndex(number: endpoints * LineIndex.linesPerEndpoint + cores + process.index)
  }

  /// What a line is, and where in the window it begins.
  func place(of line: LineIndex) -> LinePlace {
    let states = line.number - endpoints * LineIndex.linesPerEndpoint
    guard states >= 0 else {
      return .endpoint(
        EndpointIdentifier(UInt16(line.number / LineIndex.linesPerEndpoint)),
        line: line.number % LineIndex.linesPerEndpoint)
    }
    return states < cores
      ? .coreState(CoreIdentifier(UInt16(states)))
      : .processState(ProcessIdentifier(UInt16(states - cores)))
  }
}

enum LinePlace: Hashable {
  case endpoint(EndpointIdentifier, line: Int)
  case coreState(CoreIdentifier)
  case processState(ProcessIdentifier)

  /// In the line window.
  var offset: UInt64 {
    switch self {
    case .endpoint(let endpoint, let line):
      LineWindow.offset(of: endpoint) + UInt64(line * LineGeometry.lineBytes)
    case .coreState(let core): LineWindow.coreStateOffset(of: core)
    case .processState(let process): LineWindow.processStateOffset(of: process)
    }
  }
}
