// What a service declares and the bytes that it gives the NIC.

import Interface
import Testing

@Suite struct SignatureTests {
  @Test func voidIsEmpty() {
    #expect(Signature().bytes == [])
    #expect(Signature { _ in }.bytes == [])
    #expect(Signature().count == 0)
  }

  @Test func everyTypeHasItsBytes() {
    let scalars = Signature {
      $0.int()
      $0.unsignedInt()
      $0.enumeration()
      $0.bool()
      $0.hyper()
      $0.unsignedHyper()
      $0.float()
      $0.double()
      $0.quadruple()
    }
    #expect(scalars.bytes == hex("01 02 03 04 05 06 07 08 09"))
    let bytes = Signature {
      $0.fixedOpaque(bytes: 16)
      $0.opaque(max: 400)
      $0.string(max: 4096)
    }
    #expect(bytes.bytes == hex("10 1000 11 9001 12 0010"))
    #expect(bytes.count == 9)
    let lists = Signature {
      $0.fixedArray(count: 3) { $0.int() }
      $0.array(max: 256) {
        $0.quadruple()
        $0.optional { $0.hyper() }
      }
    }
    #expect(lists.bytes == hex("20 0300 0101 01 21 0001 0503 09 22 0101 05"))
  }

  /// The example in the documentation of `Signature`.
  @Test func documentedExample() {
    let arguments = Signature {
      $0.int()
      $0.array(max: 16) {
        $0.string(max: 64)
        $0.hyper()
      }
      $0.union(on: .enumeration) {
        $0.arm(0)
        $0.arm([1, 2]) { $0.opaque(max: 400) }
        $0.defaultArm { $0.bool() }
      }
    }
    let expected = hex(
      """
      01  21 1000 0402 12 4000 05
      23 03 19  01 00000000 0000  02 01000000 02000000 0301 11 9001  00 0101 04
      """)
    #expect(arguments.bytes == expected)
    #expect(validate(arguments.bytes) == nil)
  }

  @Test func extremeCases() {
    let ints = Signature {
      $0.union(on: .int) { $0.arm([-1, -0x8000_0000, 0x7FFF_FFFF]) }
    }
    #expect(ints.bytes == hex("23 01 0F 03 FFFFFFFF 00000080 FFFFFF7F 0000"))
    let unsigned = Signature { $0.union(on: .unsignedInt) { $0.arm(0xFFFF_FFFF) } }
    #expect(unsigned.bytes == hex("23 02 07 01 FFFFFFFF 0000"))
  }

  @Test func mistakesInTheProgramTrap() async {
    await #expect(processExitsWith: .failure) {
      _ = Signature { for _ in 0..<256 { $0.int() } }
    }
    await #expect(processExitsWith: .failure) {
      _ = Signature { $0.union(on: .bool) { $0.arm(2) { _ in } } }
    }
    await #expect(processExitsWith: .failure) {
      _ = Signature { $0.union(on: .int) { $0.arm(0x8000_0000) { _ in } } }
    }
  }

  @Test func codesAreTheDocumentedOnes() {
    let codes = SignatureCode.allCases.map(\.rawValue)
    #expect(codes == Array(0x01...0x09) + [0x10, 0x11, 0x12] + [0x20, 0x21, 0x22, 0x23])
  }
}
