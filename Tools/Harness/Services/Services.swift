// The services of User/ as their clients know them (User/Echo/echo.x, User/Calculator/calculator.x).

/// What User/Rpcbind serves (RFC 1833).
public enum RpcbindService {
  public static let port: UInt16 = 111
  public static let program: UInt32 = 100_000

  /// The port mapper's GETPORT, and its DUMP, which has no signature and so is not served.
  public static let getPort = RPCProcedure(program: program, version: 2, procedure: 3)
  public static let dump = RPCProcedure(program: program, version: 2, procedure: 4)
  /// GETADDR of version 3 or 4.
  public static func getAddress(version: UInt32) -> RPCProcedure {
    RPCProcedure(program: program, version: version, procedure: 3)
  }
  public static let getVersionAddress = RPCProcedure(program: program, version: 4, procedure: 9)

  /// What version 2 counts as UDP (RFC 1833 §3.1).
  public static let protocolUDP: UInt32 = 17

  public static func getPortArguments(
    program: UInt32, version: UInt32, protocol number: UInt32 = protocolUDP
  ) -> [UInt8] {
    var encoder = XDREncoder()
    for word in [program, version, number, 0] { encoder.encode(word) }
    return encoder.bytes
  }

  /// - Parameter hint: the universal address by which the client reaches this rpcbind.
  public static func getAddressArguments(
    program: UInt32, version: UInt32, hint: String
  ) -> [UInt8] {
    var encoder = XDREncoder()
    encoder.encode(program)
    encoder.encode(version)
    for text in ["udp", hint, "test"] { encoder.encode(opaque: Array(text.utf8)) }
    return encoder.bytes
  }
}

/// `ECHO_PROGRAM` of User/Echo/echo.x.
public enum EchoService {
  public static let port: UInt16 = 4001
  public static let program: UInt32 = 0x2000_0101
  /// The most that ECHO takes.
  public static let largestData = 4000
  /// The most that fits one Ethernet frame of 1,500 bytes: less IPv4 (20), UDP (8), the RPC call's
  /// header (40) and the length of the data (4). QEMU's user network sends more in IP fragments.
  public static let largestUnfragmentedData = 1428

  public static let null = RPCProcedure(program: program, version: 1, procedure: 0)
  public static let echo = RPCProcedure(program: program, version: 1, procedure: 1)

  /// The arguments of ECHO; its results are the same.
  public static func echoArguments(_ data: [UInt8]) -> [UInt8] {
    var encoder = XDREncoder()
    encoder.encode(opaque: data)
    return encoder.bytes
  }

  /// Bytes that are different at each place, so that a piece moved or lost shows.
  public static func pattern(_ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ $0 >> 8) }
  }
}

/// `CALCULATOR_PROGRAM` of User/Calculator/calculator.x.
public enum CalculatorService {
  public static let port: UInt16 = 4002
  public static let program: UInt32 = 0x2000_0102
  /// The most values that MEAN takes.
  public static let largestValueCount = 256

  public static let null = RPCProcedure(program: program, version: 1, procedure: 0)
  public static let add = RPCProcedure(program: program, version: 1, procedure: 1)
  public static let multiply = RPCProcedure(program: program, version: 1, procedure: 2)
  public static let mean = RPCProcedure(program: program, version: 1, procedure: 3)
  public static let divide = RPCProcedure(program: program, version: 1, procedure: 10)
  public static let norm = RPCProcedure(program: program, version: 1, procedure: 11)

  public static func addArguments(_ left: Int32, _ right: Int32) -> [UInt8] {
    var encoder = XDREncoder()
    encoder.encode(left)
    encoder.encode(right)
    return encoder.bytes
  }

  public static func sum(from results: [UInt8]) throws(XDRError) -> Int32 {
    var decoder = XDRDecoder(results)
    let sum = try decoder.decodeInt32()
    try decoder.finish()
    return sum
  }

  public static func multiplyArguments(_ left: Int64, _ right: Int64) -> [UInt8] {
    var encoder = XDREncoder()
    encoder.encode(left)
    encoder.encode(right)
    return encoder.bytes
  }

  public static func product(from results: [UInt8]) throws(XDRError) -> Int64 {
    var decoder = XDRDecoder(results)
    let product = try decoder.decodeInt64()
    try decoder.finish()
    return product
  }

  public static func meanArguments(_ values: [Int32]) -> [UInt8] {
    var encoder = XDREncoder()
    encoder.encode(UInt32(values.count))
    for value in values { encoder.encode(value) }
    return encoder.bytes
  }

  /// What the mean is made of.
  public static func mean(
    from results: [UInt8]
  ) throws(XDRError) -> (sum: Int64, count: UInt32) {
    var decoder = XDRDecoder(results)
    let sum = try decoder.decodeInt64()
    let count = try decoder.decodeUInt32()
    try decoder.finish()
    return (sum, count)
  }
}

extension CalculatorService {
  public static func divideArguments(_ dividend: Double, _ divisor: Double) -> [UInt8] {
    var encoder = XDREncoder()
    encoder.encode(dividend)
    encoder.encode(divisor)
    return encoder.bytes
  }

  public static func normArguments(_ values: [Float]) -> [UInt8] {
    var encoder = XDREncoder()
    encoder.encode(UInt32(values.count))
    for value in values { encoder.encode(value) }
    return encoder.bytes
  }

  /// The result of DIVIDE and NORM.
  public static func real(from results: [UInt8]) throws(XDRError) -> Double {
    var decoder = XDRDecoder(results)
    let value = try decoder.decodeDouble()
    try decoder.finish()
    return value
  }
}

/// `SPIN_PROGRAM` of User/Spin/spin.x.
public enum SpinService {
  public static let port: UInt16 = 4006
  public static let program: UInt32 = 0x2000_0106
  /// The most rounds that SPIN takes.
  public static let largestRounds: UInt64 = 100_000_000
  /// Guest instructions of a round: MADD, SUBS, B.NE.
  public static let instructionsPerRound = 3.0

  public static let null = RPCProcedure(program: program, version: 1, procedure: 0)
  public static let spin = RPCProcedure(program: program, version: 1, procedure: 1)

  /// The same for few rounds, and before calls of `spin` that wait.
  public static let short = RPCProcedure(program: program, version: 1, procedure: 2)
  public static let largestShortRounds: UInt64 = 10_000

  /// In floating point.
  public static let real = RPCProcedure(program: program, version: 1, procedure: 3)

  public static func realArguments(seed: Double, rounds: UInt64) -> [UInt8] {
    var encoder = XDREncoder()
    encoder.encode(seed)
    encoder.encode(rounds)
    return encoder.bytes
  }

  /// What SPIN_REAL answers, bit by bit: IEEE 754 leaves no choice.
  public static func realResult(seed: Double, rounds: UInt64) -> Double {
    (1...8).reduce(into: 0) { sum, divisor in
      var value = seed / Double(divisor)
      for _ in 0..<rounds { value = 4 * value * (1 - value) }
      sum += value
    }
  }

  public static func spinArguments(seed: UInt64, rounds: UInt64) -> [UInt8] {
    var encoder = XDREncoder()
    encoder.encode(Int64(bitPattern: seed))
    encoder.encode(Int64(bitPattern: rounds))
    return encoder.bytes
  }

  /// What SPIN answers, in steps that double: the rounds are one affine map, and so is any number
  /// of them together.
  public static func result(seed: UInt64, rounds: UInt64) -> UInt64 {
    var value = seed
    var (factor, term): (UInt64, UInt64) = (6_364_136_223_846_793_005, 1_442_695_040_888_963_407)
    var left = rounds
    while left > 0 {
      if left & 1 == 1 { value = value &* factor &+ term }
      term = term &* (factor &+ 1)
      factor = factor &* factor
      left >>= 1
    }
    return value
  }
}
