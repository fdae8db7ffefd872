// `services.conf` of the initial archive: which programs become processes, and with what limits.
//
//     # one process a line: the program's path in the archive, then settings in any order
//     echo
//     echo name=echo-7 argument=4107 threads=4 cores=2 queue=16 memory=512 restart=always
//     calculator minimum=1 weight=3 quantum=50
//     batch affinity=0-3,8
//     api queue=1000 wait=500 drop=yes
//
// Without the file every program of the archive becomes one process with the defaults. One image
// can be many processes, told apart by their argument.

/// What a process may use. The kernel refuses what goes beyond; nobody else pays for it.
public struct ProcessLimits: Equatable, Sendable {
  /// Threads at the same time, each with a stack and an endpoint.
  public var threads: UInt16 = 8
  /// RAM for image, stacks and mapped memory, in KiB.
  public var memoryKibibytes: UInt32 = 4096
  /// Cores that the NIC may use for its calls at the same time (R14).
  public var cores: UInt16 = .max
  /// Cores on which its idle workers may stay while others wait.
  public var minimumCores: UInt16 = 0
  /// Its share when others want the cores, too: turns in a row for its calls, and time for its
  /// threads without calls.
  public var weight: UInt16 = 1
  /// How long a handler may run while others wait; 0: to its end.
  public var quantumMicroseconds: UInt32 = 0
  /// Calls that may wait for it.
  public var queuedCalls: UInt16 = 64
  /// Calls that would wait longer are refused when they come; 0: none (interface §11).
  public var waitMicroseconds: UInt32 = 0
  /// The clients of refused calls get no answer, instead of SYSTEM_ERR.
  public var dropsRefusedCalls = false
  /// The cores that its threads without calls may run on, a bit for each. Where its calls are
  /// served is the NIC's choice.
  public var affinity: UInt64 = .max

  public init() {}
}

/// What happens when a process has ended.
public enum RestartPolicy: Equatable, Sendable {
  /// It stays ended.
  case never
  /// It is started again unless it said that it was successful (exit status 0).
  case onFailure
  case always
}

/// One line of the manifest. Ranges are places in the manifest's text.
public struct ServiceDescription: Equatable, Sendable {
  /// Path of the image in the archive.
  public var program: Range<Int>
  /// The process's name; the program's path unless the line says another.
  public var name: Range<Int>
  /// A number for the program, such as the UDP port that it shall use; 0 is its own choice.
  public var argument: UInt64 = 0
  public var limits = ProcessLimits()
  public var restart = RestartPolicy.onFailure
}

/// The manifest's lines, one after the other. It owns nothing; the bytes must outlive it.
public struct ServiceManifest: ~Escapable {
  /// The manifest's path in the archive.
  public static var path: StaticString { "services.conf" }

  private let text: Span<UInt8>
  private var position = 0
  /// The line that `next` looked at last, counted from 1.
  public private(set) var line = 0

  @_lifetime(copy text)
  public init(_ text: Span<UInt8>) { self.text = text }

  /// The bytes of a name.
  @_lifetime(copy self)
  public func text(_ range: Range<Int>) -> Span<UInt8> { text.extracting(range) }

  /// The next process; nil after the last. After an error the next call goes on behind the line
  /// that has it.
  @_lifetime(self: copy self)
  public mutating func next() throws(ServiceManifestError) -> ServiceDescription? {
    while position < text.count {
      let start = position
      var end = start
      while end < text.count, text[end] != ManifestByte.newline { end += 1 }
      position = end + 1
      line += 1
      if let description = try parse(start..<end) { return description }
    }
    return nil
  }

  /// Nil for a line without a word.
  private func parse(
    _ line: Range<Int>
  ) throws(ServiceManifestError) -> ServiceDescription? {
    guard let program = word(from: line.lowerBound, before: line.upperBound) else { return nil }
    var description = ServiceDescription(program: program, name: program)
    var end = program.upperBound
    while let setting = word(from: end, before: line.upperBound) {
      try apply(setting, to: &description)
      end = setting.upperBound
    }
    return description
  }

  private func apply(
    _ setting: Range<Int>, to description: inout ServiceDescription
  ) throws(ServiceManifestError) {
    var equals = setting.lowerBound
    while equals < setting.upperBound, text[equals] != ManifestByte.equals { equals += 1 }
    let key = setting.lowerBound..<equals
    let value = min(equals + 1, setting.upperBound)..<setting.upperBound
    guard !value.isEmpty else { throw error(.noValue) }
    if text.holds("name", in: key) {
      description.name = value
    } else if text.holds("argument", in: key) {
      description.argument = try number(value, in: 0...UInt64.max)
    } else if text.holds("threads", in: key) {
      description.limits.threads = UInt16(try number(value, in: 1...64))
    } else if text.holds("memory", in: key) {
      description.limits.memoryKibibytes = UInt32(try number(value, in: 1...1 << 30))
    } else if text.holds("cores", in: key) {
      description.limits.cores = UInt16(try number(value, in: 1...UInt64(UInt16.max)))
    } else if text.holds("minimum", in: key) {
      description.limits.minimumCores = UInt16(try number(value, in: 0...UInt64(UInt16.max)))
    } else if text.holds("weight", in: key) {
      description.limits.weight = UInt16(try number(value, in: 1...16))
    } else if text.holds("quantum", in: key) {
      description.limits.quantumMicroseconds = UInt32(try number(value, in: 0...1_000_000))
    } else if text.holds("queue", in: key) {
      description.limits.queuedCalls = UInt16(try number(value, in: 1...UInt64(UInt16.max)))
    } else if text.holds("wait", in: key) {
      description.limits.waitMicroseconds = UInt32(try number(value, in: 0...1_000_000))
    } else if text.holds("drop", in: key) {
      description.limits.dropsRefusedCalls = try answer(value)
    } else if text.holds("affinity", in: key) {
      description.limits.affinity = try cores(value)
    } else if text.holds("restart", in: key) {
      description.restart = try policy(value)
    } else {
      throw error(.unknownSetting)
    }
  }

  private func answer(_ value: Range<Int>) throws(ServiceManifestError) -> Bool {
    if text.holds("yes", in: value) { return true }
    if text.holds("no", in: value) { return false }
    throw error(.notYesOrNo)
  }

  private func policy(_ value: Range<Int>) throws(ServiceManifestError) -> RestartPolicy {
    if text.holds("never", in: value) { return .never }
    if text.holds("on-failure", in: value) { return .onFailure }
    if text.holds("always", in: value) { return .always }
    throw error(.unknownPolicy)
  }

  /// Core numbers and ranges of them, with commas: a bit for each core.
  private func cores(_ value: Range<Int>) throws(ServiceManifestError) -> UInt64 {
    var mask: UInt64 = 0
    var start = value.lowerBound
    while start < value.upperBound {
      let end = place(of: ManifestByte.comma, in: start..<value.upperBound)
      let dash = place(of: ManifestByte.dash, in: start..<end)
      let first = try core(start..<dash)
      let last = dash < end ? try core(dash + 1..<end) : first
      guard first <= last else { throw error(.notCores) }
      for core in first...last { mask |= 1 << core }
      start = end + 1
      // A comma promises another one.
      guard end < value.upperBound - 1 || end == value.upperBound else { throw error(.notCores) }
    }
    return mask
  }

  private func core(_ value: Range<Int>) throws(ServiceManifestError) -> UInt64 {
    guard !value.isEmpty else { throw error(.notCores) }
    return try number(value, in: 0...63)
  }

  /// Where a byte stands; the range's end when it does not.
  private func place(of byte: UInt8, in range: Range<Int>) -> Int {
    var index = range.lowerBound
    while index < range.upperBound, text[index] != byte { index += 1 }
    return index
  }

  private func number(
    _ value: Range<Int>, in bounds: ClosedRange<UInt64>
  ) throws(ServiceManifestError) -> UInt64 {
    var number: UInt64 = 0
    for index in value {
      guard (ManifestByte.zero...ManifestByte.nine).contains(text[index]) else {
        throw error(.notANumber)
      }
      let (shifted, tooLarge) = number.multipliedReportingOverflow(by: 10)
      let (sum, overflow) = shifted.addingReportingOverflow(
        UInt64(text[index] - ManifestByte.zero))
      guard !tooLarge, !overflow else { throw error(.outOfRange) }
      number = sum
    }
    guard bounds.contains(number) else { throw error(.outOfRange) }
    return number
  }

  /// The first run of bytes above space; a comment is none.
  private func word(from start: Int, before limit: Int) -> Range<Int>? {
    var first = start
    while first < limit, text[first] <= ManifestByte.space { first += 1 }
    guard first < limit, text[first] != ManifestByte.hash else { return nil }
    var end = first
    while end < limit, text[end] > ManifestByte.space { end += 1 }
    return first..<end
  }

  private func error(_ reason: ServiceManifestError.Reason) -> ServiceManifestError {
    ServiceManifestError(line: line, reason: reason)
  }
}

private enum ManifestByte {
  static var newline: UInt8 { 0x0A }
  static var space: UInt8 { 0x20 }
  static var hash: UInt8 { 0x23 }
  static var zero: UInt8 { 0x30 }
  static var nine: UInt8 { 0x39 }
  static var equals: UInt8 { 0x3D }
  static var comma: UInt8 { 0x2C }
  static var dash: UInt8 { 0x2D }
}
