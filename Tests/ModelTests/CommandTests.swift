// Registers and commands, every result of them.

import Interface
import Randomness
import Testing

@testable import Model

@Suite struct CommandTests {
  @Test func registersSayWhatTheNICIs() throws {
    let bench = try Bench(cores: 2, endpoints: 16, services: 10)
    #expect(bench.read(Register.magic) == Register.magicValue)
    #expect(bench.read(Register.version) == Register.versionValue)
    #expect(
      bench.read(Register.features)
        == ([.processLines, .classes, .answersDuringFetch] as Features).rawValue)
    #expect(bench.read(Register.capacity) == 8 << 32 | 16 << 16 | 2)
    #expect(bench.read(Register.serviceCapacity) == 10)
    #expect(bench.read(Register.ethernetAddress) == 0x0C53_3103_0028)
    #expect(bench.read(Register.internetAddress) == 0xC0A8_8028)
    bench.write(Register.internetAddress, 0xC0A8_8029)
    #expect(bench.read(Register.internetAddress) == 0xC0A8_8029)
    #expect(bench.takeViolations().isEmpty)
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let command: Command
    let arguments: [UInt64]
    let result: CommandResult
  }

  static func endpoint(
    _ endpoint: UInt64, process: UInt64, core: UInt64 = 0, addresses: [UInt64]
  ) -> [UInt64] { [endpoint, process, core] + addresses + [0] }

  static let kernelAddresses: [UInt64] = [1, 2, 0, 3, 4, 0]
  static let workerAddresses: [UInt64] = [0, 1, 2, 0, 0, 0]

  /// With process 1 and endpoint 4 of it, process 2, and a service of process 1.
  static let cases: [Case] = [
    Case(
      testDescription: "process 0", command: .installProcess, arguments: [0, 1, 1],
      result: .invalidProcess),
    Case(
      testDescription: "process past the table", command: .installProcess, arguments: [8, 1, 1],
      result: .invalidProcess),
    Case(
      testDescription: "process again", command: .installProcess, arguments: [1, 1, 1],
      result: .alreadyInstalled),
    Case(
      testDescription: "no cores", command: .installProcess, arguments: [3, 0, 1],
      result: .invalidCore),
    Case(
      testDescription: "remove unknown process", command: .removeProcess, arguments: [3],
      result: .notInstalled),
    Case(
      testDescription: "endpoint past the table", command: .installEndpoint,
      arguments: endpoint(16, process: 1, addresses: workerAddresses), result: .invalidEndpoint),
    Case(
      testDescription: "endpoint again", command: .installEndpoint,
      arguments: endpoint(4, process: 1, addresses: workerAddresses), result: .alreadyInstalled),
    Case(
      testDescription: "endpoint of no process", command: .installEndpoint,
      arguments: endpoint(5, process: 3, addresses: workerAddresses), result: .notInstalled),
    Case(
      testDescription: "endpoint of process 9", command: .installEndpoint,
      arguments: endpoint(5, process: 9, addresses: workerAddresses), result: .invalidProcess),
    Case(
      testDescription: "worker without YIELDNOW", command: .installEndpoint,
      arguments: endpoint(5, process: 1, addresses: [0, 1, 0, 0, 0, 0]), result: .invalidAddress),
    Case(
      testDescription: "kernel endpoint of core 2", command: .installEndpoint,
      arguments: endpoint(5, process: 0, core: 2, addresses: kernelAddresses),
      result: .invalidCore),
    Case(
      testDescription: "second kernel endpoint of core 1", command: .installEndpoint,
      arguments: endpoint(5, process: 0, core: 1, addresses: kernelAddresses),
      result: .alreadyInstalled),
    Case(
      testDescription: "remove endpoint past the table", command: .removeEndpoint,
      arguments: [99], result: .invalidEndpoint),
    Case(
      testDescription: "remove unknown endpoint", command: .removeEndpoint, arguments: [5],
      result: .notInstalled),
    Case(
      testDescription: "service on port 0", command: .installService,
      arguments: [1, 0, 1, 1, 1, 1, 1, 0, 0], result: .invalidPort),
    Case(
      testDescription: "service on port 65536", command: .installService,
      arguments: [1, 65536, 1, 1, 1, 1, 1, 0, 0], result: .invalidPort),
    Case(
      testDescription: "service at address 0", command: .installService,
      arguments: [1, 1, 1, 1, 1, 0, 1, 0, 0], result: .invalidAddress),
    Case(
      testDescription: "service of no process", command: .installService,
      arguments: [3, 1, 1, 1, 1, 1, 1, 0, 0], result: .notInstalled),
    Case(
      testDescription: "service again", command: .installService,
      arguments: [1, 9000, 0x2000_0001, 1, 1, 1, 1, 0, 0], result: .alreadyInstalled),
    Case(
      testDescription: "service of another process", command: .installService,
      arguments: [2, 9000, 0x2000_0001, 1, 1, 1, 1, 0, 0], result: .notOwner),
    Case(
      testDescription: "remove another's service", command: .removeService,
      arguments: [2, 9000, 0x2000_0001, 1, 1], result: .notOwner),
    Case(
      testDescription: "remove unknown service", command: .removeService,
      arguments: [1, 9000, 0x2000_0001, 1, 2], result: .notInstalled),
    Case(
      testDescription: "unknown counter", command: .readCounter,
      arguments: [UInt64(NICCounter.allCases.count)], result: .invalidCounter),
  ]

  /// Places of the stubs that every kernel endpoint gets messages for: CALL, TRYAGAIN, RETIRE, RESUME.
  @Test(arguments: [0, 1, 3, 4])
  func aKernelEndpointNeedsItsStubs(place: Int) throws {
    let bench = try Bench(cores: 1)
    #expect(bench.command(.removeEndpoint, [0]) == .done)
    var addresses = Self.kernelAddresses
    addresses[place] = 0
    let arguments = { Self.endpoint(5, process: 0, addresses: $0) }
    #expect(bench.command(.installEndpoint, arguments(addresses)) == .invalidAddress)
    #expect(bench.command(.installEndpoint, arguments(Self.kernelAddresses)) == .done)
  }

  @Test(arguments: cases)
  func wrongCommandsAreRefused(_ wrong: Case) throws {
    let (bench, _) = try makeListeningBench()
    try bench.install(process: 2, endpoints: [])
    let before = bench.nic.services.services
    #expect(bench.command(wrong.command, wrong.arguments) == wrong.result)
    #expect(bench.nic.services.services == before)
    // What was there still works.
    bench.receive(CallFrame())
    #expect(bench.count(.deliveredToUserLoop) == 1)
  }

  @Test(arguments: [0, 10, 1000, .max] as [UInt64])
  func unknownCommandsAreRefused(number: UInt64) throws {
    let bench = try Bench()
    bench.write(Register.command, number)
    #expect(bench.read(Register.commandResult) == CommandResult.unknownCommand.rawValue)
  }

  struct BadSignature: Sendable {
    let arguments: [UInt8]
    let results: [UInt8]
    let position: UInt64
  }

  @Test(arguments: [
    BadSignature(arguments: [0xFF], results: [], position: 0),
    BadSignature(arguments: [1, 1, 0xFF], results: [], position: 2),
    BadSignature(arguments: [1, 1], results: [1, 0xFF], position: 3),
  ])
  func invalidSignaturesSayWhere(_ bad: BadSignature) throws {
    let bench = try Bench()
    try bench.install(process: 1, endpoints: [])
    let result = bench.installService(
      process: 1, arguments: bad.arguments, results: bad.results)
    #expect(result == .invalidSignature)
    #expect(bench.read(Register.commandValue) == bad.position)
  }

  @Test func countersCanBeRead() throws {
    let bench = try Bench()
    bench.receive([1, 2, 3])
    #expect(
      bench.command(.readCounter, [UInt64(NICCounter.dropFrameTooShort.rawValue)]) == .done)
    #expect(bench.read(Register.commandValue) == 1)
  }

  @Test func servicesComeAndGo() throws {
    let bench = try Bench(services: 3)
    try bench.install(process: 1, endpoints: [])
    for round in 0..<5 {
      for procedure in 0..<3 as Range<UInt64> {
        #expect(bench.installService(process: 1, procedure: procedure) == .done, "\(round)")
      }
      #expect(bench.installService(process: 1, procedure: 3) == .tableFull)
      for procedure in 0..<3 as Range<UInt64> {
        #expect(bench.command(.removeService, [1, 9000, 0x2000_0001, 1, procedure]) == .done)
      }
      #expect(!bench.nic.services.listens(on: 9000))
    }
  }

  /// A call keeps the signature it came under.
  @Test func aServiceRemovedDuringItsCallStillAnswers() throws {
    var (bench, worker) = try makeListeningBench()
    bench.receive(CallFrame())
    try #require(worker.load() != nil)
    #expect(bench.command(.removeService, [1, 9000, 0x2000_0001, 1, 1]) == .done)
    for procedure in 20..<35 as Range<UInt64> {
      try #require(bench.installService(process: 1, procedure: procedure, results: []) == .done)
    }
    #expect(bench.installService(process: 1, procedure: 99) == .tableFull)
    worker.respond(ResponseHead(status: .success), 7)
    #expect(worker.finishAndLoad() == nil)
    let reply = try #require(bench.takeFrames().first.flatMap { ReplyFrame($0) })
    #expect(reply.words == ReplyFrame.success + [7])
    #expect(bench.installService(process: 1, procedure: 99) == .done)
  }

  @Test(arguments: [
    (0, 1, 2, 1, 15), (1, 0, 2, 1, 15), (1, 8193, 2, 1, 15), (1, 1, 1, 1, 15), (1, 1, 2, 0, 15),
    (1, 1, 2, 1, 0),
  ])
  func impossibleConfigurationsAreRefused(
    cores: Int, endpoints: Int, processes: Int, services: Int, stallLimit: UInt64
  ) {
    let nic = Lauberhorn(
      Configuration(
        coreCount: cores, endpointCount: endpoints, processCount: processes,
        serviceCount: services, stallLimitNanoseconds: stallLimit,
        ethernetAddress: EthernetAddress(0x0C53_3103_0028),
        internetAddress: InternetAddress(0xC0A8_8028)))
    #expect(nic == nil)
  }
}

@Suite struct ServiceTableTests {
  /// Insertions and removals in random order against a dictionary.
  @Test(arguments: [1, 2, 3] as [UInt64])
  func tableAgreesWithADictionary(seed: UInt64) throws {
    print("tableAgreesWithADictionary seed \(seed)")
    var random = SplitMix(seed: seed)
    var table = ServiceTable(capacity: 1000)
    var reference: [ProcedureKey: UInt64] = [:]
    func randomKey() -> ProcedureKey {
      ProcedureKey(
        port: UInt16.random(in: 1...20, using: &random),
        program: UInt32.random(in: 0...9, using: &random),
        version: UInt32.random(in: 1...3, using: &random),
        procedure: UInt32.random(in: 0...9, using: &random))
    }
    for round in 0..<20_000 as Range<UInt64> {
      let key = randomKey()
      if let found = table.find(key) {
        #expect(table[found].code == reference[key])
        if Bool.random(using: &random) {
          table.remove(found)
          reference[key] = nil
        }
      } else {
        #expect(reference[key] == nil)
        do {
          var service = Service()
          service.key = key
          service.code = round
          try table.insert(service, signatureBytes: [])
          reference[key] = round
        } catch {
          #expect(error == .tableFull)
          #expect(reference.count == 1000)
        }
      }
      let port = UInt16.random(in: 1...20, using: &random)
      if round % 64 == 0 {
        #expect(table.listens(on: port) == reference.keys.contains { $0.port == port })
      }
    }
    for (key, code) in reference {
      let found = try #require(table.find(key))
      #expect(table[found].code == code)
    }
  }
}
