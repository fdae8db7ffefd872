// Datagrams in frames, and files of frames: bytes that other programs agree on.

import Testing

@testable import Harness

@Suite struct UDPFrameTests {
  private static let client = UDPEnd(
    ethernet: 0x0200_0000_0099, socket: SocketAddress(address: 0x0a00_0202, port: 40000))
  private static let server = UDPEnd(
    ethernet: 0x5254_0012_3456, socket: SocketAddress(address: 0x0a00_020f, port: 4100))

  private func frame(_ payload: [UInt8]) -> UDPFrame {
    UDPFrame(from: Self.client, to: Self.server, payload: payload)
  }

  /// Computed by another program.
  @Test func bytesAreThoseOfTheStandards() throws {
    let expected =
      "525400123456" + "020000000099" + "0800" + "4500002100004000401122bc0a0002020a00020f"
      + "9c401004000df7ac" + "68656c6c6f" + "00000000000000000000000000"
    let hexadecimal = frame(Array("hello".utf8)).bytes
      .map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
      .joined()
    #expect(hexadecimal == expected)
  }

  @Test(arguments: [0, 1, 2, 17, 18, 19, 100, 1472, 4043, 65_507])
  func comesBackWhole(size: Int) throws {
    let sent = frame((0..<size).map { UInt8(truncatingIfNeeded: $0 &* 37) })
    #expect(sent.bytes.count == max(60, 42 + size))
    #expect(UDPFrame(sent.bytes) == sent)
  }

  /// Every bit behind the Ethernet addresses counts, and every end but the padding's.
  @Test func noticesDamage() {
    let bytes = frame(EchoService.pattern(33)).bytes
    for position in 12..<bytes.count {
      for bit in 0..<8 {
        var damaged = bytes
        damaged[position] ^= 1 << bit
        #expect(UDPFrame(damaged) == nil, "bit \(bit) of byte \(position)")
      }
    }
    for count in 0..<bytes.count { #expect(UDPFrame(Array(bytes[..<count])) == nil) }
  }

  /// RFC 768: a sum of 0 is sent as 0xFFFF, since 0 says that there is none.
  @Test func neverSaysThatThereIsNoChecksum() throws {
    let sums = (0...0xffff).lazy.map { value -> (payload: [UInt8], sum: [UInt8]) in
      let payload = [UInt8(value >> 8), UInt8(value & 0xff)]
      return (payload, Array(self.frame(payload).bytes[40..<42]))
    }
    let found = try #require(sums.first { $0.sum == [0xff, 0xff] })
    #expect(UDPFrame(frame(found.payload).bytes)?.payload == found.payload)
    // With every other payload of two bytes the sum is another; none has 0.
    #expect(!sums.contains { $0.sum == [0, 0] })
  }
}

@Suite struct PacketCaptureTests {
  private static let packets = [
    PacketCapture.Packet(nanoseconds: 0, frame: []),
    PacketCapture.Packet(nanoseconds: 1_999_999_999, frame: [1, 2, 3]),
    PacketCapture.Packet(nanoseconds: 2_000_000_000, frame: EchoService.pattern(1500)),
  ]

  @Test func comesBackWhole() throws {
    let capture = PacketCapture(Self.packets)
    #expect(try PacketCapture(parsing: capture.bytes) == capture)
    #expect(try PacketCapture(parsing: PacketCapture().bytes) == PacketCapture())
  }

  @Test func bytesAreThoseOfTheFormat() {
    let bytes = PacketCapture([.init(nanoseconds: 3_000_000_005, frame: [0xab])]).bytes
    #expect(
      bytes == [
        0x4d, 0x3c, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0,
        3, 0, 0, 0, 5, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0xab,
      ])
  }

  @Test func readsMicroseconds() throws {
    var bytes = PacketCapture([.init(nanoseconds: 1_000_000_007, frame: [9])]).bytes
    bytes.replaceSubrange(0..<4, with: [0xd4, 0xc3, 0xb2, 0xa1])
    #expect(
      try PacketCapture(parsing: bytes).packets == [.init(nanoseconds: 1_000_007_000, frame: [9])])
  }

  @Test func saysWhatIsWrong() {
    let bytes = PacketCapture(Self.packets).bytes
    func expect(_ error: PacketCapture.ParseError, _ bytes: [UInt8]) {
      #expect(throws: error) { try PacketCapture(parsing: bytes) }
    }
    expect(.notACapture, [])
    expect(.notACapture, Array(bytes[..<23]))
    expect(.notACapture, Array(bytes.reversed()))
    expect(.truncated(packet: 1), Array(bytes[..<39]))
    expect(.truncated(packet: 2), Array(bytes[..<58]))
    expect(.truncated(packet: 3), bytes.dropLast())
    var other = bytes
    other[20] = 113
    expect(.notEthernet(linkType: 113), other)
  }
}
