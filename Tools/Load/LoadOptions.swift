// What the command line of wengen-load asks for.

import Foundation
import Harness
import Workload

/// Why the command ends with a failure: what to print, and the exit status.
struct LoadFailure: Error {
  let message: String
  let status: Int32

  /// The command line is wrong (sysexits.h: EX_USAGE).
  static func usage(_ message: String) -> LoadFailure {
    LoadFailure(message: "\(message)\nsee wengen-load --help", status: 64)
  }

  static func run(_ message: String) -> LoadFailure { LoadFailure(message: message, status: 1) }
}

let usageText = """
  usage: wengen-load HOST:PORT[,HOST:PORT...] [OPTION...]
         wengen-load boot [OPTION...]
    Calls spin services (User/Spin) and verifies every reply. `boot` starts a machine with some.
      --rate N         calls a second, whatever comes back (open loop; 1000)
      --closed N       N calls under way at any time instead
      --calls N        calls in all (10000)
      --mix NAME       how long handlers compute (fixed:1): fixed:US, exponential:US,
                       bimodal1, bimodal2, high, extreme, rocksdb, tpcc
      --arrivals HOW   poisson (as it is), or bursty:SIZE:GAP_US
      --popularity HOW of the servers: even (as it is), or google (SOSP'23)
      --sizes NAME     calls echo services with messages of W1, W2 or W3 instead
      --speed N        guest instructions in a microsecond of a handler (1000)
      --seed N         other numbers, other calls (1)
      --timeout S      a reply that takes longer is lost (2)
    with boot:
      --cores N        of the machine, 1 to 48 (4)
      --services N     spin services, each a process (1)
      --deterministic  in the guest's time, which counts instructions: at a rate, calls come
                       when planned, to the nanosecond; else --closed 1. The same every time
      --start MS       of that time before the first call (1000); not with --closed
  """

struct LoadOptions {
  enum Pace {
    case open(Arrivals)
    case closed(Int)
  }

  /// Empty: boot.
  var servers: [SocketAddress] = []
  var pace: Pace
  var calls = 10_000
  var workload: Workload
  var instructionsPerMicrosecond = 1000.0
  var timeout = Duration.seconds(2)
  var cores = 4
  var services = 1
  var isDeterministic = false
  /// Of an open loop in the guest's time.
  var startNanoseconds: UInt64 = 1_000_000_000

  /// An open loop in the guest's time.
  var isReplayed: Bool {
    if case .open = pace { return isDeterministic }
    return false
  }

  init(parsing words: [String]) throws(LoadFailure) {
    guard let place = words.first else {
      throw LoadFailure(message: "HOST:PORT or boot is needed\n\(usageText)", status: 64)
    }
    if place != "boot" {
      for text in place.split(separator: ",", omittingEmptySubsequences: false) {
        do throws(NetworkError) { servers.append(try SocketAddress(parsing: String(text))) } catch {
          throw .usage("\(error)")
        }
      }
    }
    var rate: Double?
    var closed: Int?
    var mix = ServiceTimeMix.fixed(microseconds: 1)
    var pattern = Arrivals.Pattern.poisson
    var isGoogle = false
    var sizes: MessageSizes?
    var seed: UInt64 = 1
    var start: Double?
    var rest = words.dropFirst()
    while let option = rest.popFirst() {
      if option == "--deterministic" {
        isDeterministic = true
        continue
      }
      guard option.hasPrefix("--") else { throw .usage("'\(option)' is no option") }
      // The usage lists all options.
      guard usageText.contains("  \(option) ") else { throw .usage("unknown option '\(option)'") }
      guard let value = rest.popFirst() else { throw .usage("\(option): a value is needed") }
      switch option {
      case "--rate": rate = try Self.number(value, option, in: 0.1...1e7)
      case "--closed": closed = try Self.number(value, option, in: 1...10_000)
      case "--calls": calls = try Self.number(value, option, in: 1...10_000_000)
      case "--speed": instructionsPerMicrosecond = try Self.number(value, option, in: 1...1e6)
      case "--seed": seed = try Self.number(value, option, in: 0...UInt64.max)
      case "--timeout":
        timeout = .milliseconds(
          Int(try Self.number(value, option, in: 0.001...3600) as Double * 1000))
      case "--cores": cores = try Self.number(value, option, in: 1...48)
      case "--start": start = try Self.number(value, option, in: 1...1e6)
      case "--services": services = try Self.number(value, option, in: 1...32)
      case "--mix":
        guard let parsed = ServiceTimeMix(parsing: value) else {
          throw .usage(
            "--mix: there is no mix '\(value)'; there are fixed:US, exponential:US, "
              + ServiceTimeMix.named.map(\.name).joined(separator: ", "))
        }
        mix = parsed
      case "--arrivals": pattern = try Self.pattern(value)
      case "--popularity":
        guard value == "even" || value == "google" else {
          throw .usage("--popularity: '\(value)' is neither even nor google")
        }
        isGoogle = value == "google"
      case "--sizes":
        sizes = MessageSizes.all.first { $0.name == value }
        guard sizes != nil else { throw .usage("--sizes: '\(value)' is none of W1, W2, W3") }
      default: throw .usage("unknown option '\(option)'")
      }
    }
    guard rate == nil || closed == nil else {
      throw .usage("--rate and --closed exclude each other")
    }
    let isBoot = servers.isEmpty
    guard isBoot || !isDeterministic else { throw .usage("--deterministic is for boot") }
    guard !isDeterministic || closed ?? 1 == 1 else {
      // Which of several clients' calls comes first would be the host's choice.
      throw .usage(
        "--deterministic: with --closed 1 or at a rate, not with --closed \(closed ?? 0)")
    }
    if let start {
      guard isDeterministic && closed == nil else {
        throw .usage("--start: is for --deterministic at a rate")
      }
      startNanoseconds = UInt64(start * 1e6)
    }
    let longest = mix.kinds.map { $0.time.meanNanoseconds }.max() ?? 0
    guard
      longest / 1000 * instructionsPerMicrosecond / SpinService.instructionsPerRound
        < Double(SpinService.largestRounds) / 50
    else { throw .usage("--mix, --speed: handlers would compute for too long") }
    let callsPerSecond = rate ?? 1000
    if case .bursty(let size, let gap) = pattern,
      (size - 1) * gap >= size * 1e9 / callsPerSecond
    {
      throw .usage("--arrivals: bursts of that size and gap are more than the rate")
    }
    let arrivals = Arrivals(pattern, callsPerSecond: callsPerSecond)
    let places = isBoot ? services : servers.count
    pace = closed.map { .closed($0) } ?? .open(arrivals)
    workload = Workload(
      seed: seed, arrivals: arrivals,
      popularity: isGoogle ? .google(services: places) : .even(services: places), mixes: [mix],
      sizes: sizes)
    // Replayed frames may be longer than QEMU's user network has them.
    workload.largestBytes =
      isReplayed ? EchoService.largestData : EchoService.largestUnfragmentedData
  }

  private static func pattern(_ text: String) throws(LoadFailure) -> Arrivals.Pattern {
    if text == "poisson" { return .poisson }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0] == "bursty", let size = Double(parts[1]),
      let gap = Double(parts[2]), (1...1e6).contains(size), (0...1e6).contains(gap)
    else { throw .usage("--arrivals: '\(text)' is neither poisson nor bursty:SIZE:GAP_US") }
    return .bursty(meanSize: size, gapNanoseconds: gap * 1000)
  }

  private static func number<Number: LosslessStringConvertible & Comparable>(
    _ text: String, _ name: String, in range: ClosedRange<Number>
  ) throws(LoadFailure) -> Number {
    guard let number = Number(text), range.contains(number) else {
      throw .usage(
        "\(name): '\(text)' is not a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }
}
