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
}
