// R16: colours of lines, and an order of endpoints that keeps them apart.

import Interface
import Testing

@Suite struct PlacementTests {
  @Test func r16TheTwoControlLinesOfAnEndpointDifferInTheLowestBit() {
    for number in 0..<UInt16(LineWindow.maximumEndpoints) {
      let endpoint = EndpointIdentifier(number)
      let first = DirectoryColour(ofControlLine: .zero, of: endpoint).number
      let second = DirectoryColour(ofControlLine: .one, of: endpoint).number
      #expect(first ^ second == 1)
      #expect(Int(first) < DirectoryColour.count)
    }
  }

  /// What the prototype's authors found for their layout: blocks of 0x20000 bytes, whose colour
  /// masks are those of the block number's bits 3…8, so that the first eight blocks collide.
  @Test func r16TheFormulaGivesTheColoursOfThePrototype() {
    for block in 0..<512 as Range<UInt64> {
      let colour = DirectoryColour(ofLineAt: block * 0x20000).number
      #expect(UInt64(colour) == block >> 3 & 0x3F, "block \(block)")
    }
  }

  /// In any aligned run of 64 lines every colour occurs once: the scramble loses nothing.
  @Test(arguments: [0, 1, 77, 4095, 32_767] as [UInt64])
  func r16ARunOfLinesHasAllColours(run: UInt64) {
    let colours = (0..<64).map { DirectoryColour(ofLineAt: (run * 64 + $0) * 128).number }
    #expect(Set(colours).count == 64)
  }

  @Test(arguments: [
    (1, 1), (2, 2), (100, 2), (128, 2), (255, 2), (256, 4), (1000, 4), (1024, 8), (2048, 16),
    (4096, 32), (8192, 32),
  ])
  func r16NeighboursInTheOrderShareNoColour(capacity: Int, limit: Int) {
    let placement = EndpointPlacement(capacity: capacity)
    #expect(placement.heldLoadLimit == limit)
    #expect(placement.count <= capacity)
    #expect(placement.count * 2 > capacity)
    let order = (0..<placement.count).map { placement.endpoint(at: $0) }
    #expect(Set(order).count == placement.count)
    #expect(order.allSatisfy { $0.index < placement.count })
    for start in stride(from: 0, to: placement.count, by: limit) {
      let colours = order[start..<start + limit].flatMap {
        [
          DirectoryColour(ofControlLine: .zero, of: $0),
          DirectoryColour(ofControlLine: .one, of: $0),
        ]
      }
      #expect(Set(colours).count == 2 * limit)
      #expect(Set(order[start..<start + limit].map(EndpointPlacement.colourClass)).count == limit)
    }
    // No more classes than that: the limit is not too low.
    #expect(Set(order.map(EndpointPlacement.colourClass)).count == limit)
  }

  private static func classes(_ endpoints: [EndpointIdentifier]) -> [UInt8] {
    endpoints.map(EndpointPlacement.colourClass)
  }

  /// While there are classes enough, no two of all kernel and worker endpoints share one.
  @Test(arguments: [(1, 30), (2, 29), (4, 27), (15, 16), (16, 15)])
  func r16CoresAndWorkersHaveClassesOfTheirOwn(cores: Int, workers: Int) throws {
    let allotment = EndpointAllotment(capacity: 4096, cores: cores)
    #expect(allotment.separateWorkers == workers)
    let endpoints =
      try (0..<cores).map { try #require(allotment.endpoint(ofCore: CoreIdentifier(UInt16($0)))) }
      + (0..<workers).map { try #require(allotment.endpoint(ofWorker: $0)) }
    #expect(Set(Self.classes(endpoints)).count == cores + workers)
    #expect(!Self.classes(endpoints).contains(LineWindow.coreStateClass))
  }

  /// The state lines of 64 cores share a class, of 32 a colour.
  @Test func r16StateLinesHaveAClassOfTheirOwn() {
    for core in 0..<UInt16(64) {
      let offset = LineWindow.coreStateOffset(of: CoreIdentifier(core))
      #expect(DirectoryColour(ofLineAt: offset).number >> 1 == LineWindow.coreStateClass)
    }
  }

  /// Every endpoint belongs to one core or one worker at most; workers never have a class that a
  /// core has while others are left; most of what the NIC has can be used.
  @Test(arguments: [1, 2, 5, 64, 256, 1000, 4096, 8192], [1, 3, 4, 16, 17, 48, 64])
  func r16NobodyHasAnEndpointOfAnother(capacity: Int, cores: Int) {
    let allotment = EndpointAllotment(capacity: capacity, cores: cores)
    let kernel = (0..<cores).compactMap { allotment.endpoint(ofCore: CoreIdentifier(UInt16($0))) }
    var workers: [EndpointIdentifier] = []
    while let endpoint = allotment.endpoint(ofWorker: workers.count) { workers.append(endpoint) }
    let all = kernel + workers
    #expect(Set(all).count == all.count)
    #expect(all.allSatisfy { $0.index < capacity })
    #expect(all.count * 4 > capacity - cores || kernel.count < cores)
    let limit = EndpointPlacement(capacity: capacity).heldLoadLimit
    if limit > 1 {
      let separate = workers.prefix(allotment.separateWorkers)
      #expect(Set(Self.classes(kernel)).isDisjoint(with: Self.classes(Array(separate))))
      #expect(Set(Self.classes(kernel)).count == min(cores, limit / 2, kernel.count))
    }
  }

  /// What a full message touches: 30 overflow lines stay in their half of the classes, two do not.
  @Test(arguments: [1, 4, 15])
  func r16OverflowLinesOfWorkersDoNotMeetDispatchThreads(cores: Int) throws {
    let allotment = EndpointAllotment(capacity: 4096, cores: cores)
    let kernel = try Set(
      (0..<cores).map {
        EndpointPlacement.colourClass(
          of: try #require(allotment.endpoint(ofCore: CoreIdentifier(UInt16($0)))))
      })
    for worker in 0..<16 {
      let endpoint = try #require(allotment.endpoint(ofWorker: worker))
      let own = EndpointPlacement.colourClass(of: endpoint)
      for line in 0..<LineGeometry.overflowLines {
        let offset =
          LineWindow.offset(of: endpoint)
          + UInt64(EndpointLayout.receiveOverflowOffset + line * LineGeometry.lineBytes)
        let touched = DirectoryColour(ofLineAt: offset).number >> 1
        #expect(touched == own ^ UInt8(line < 30 ? line / 2 + 1 : 20))
        if line < 30 { #expect(!kernel.contains(touched)) }
      }
    }
  }
}
