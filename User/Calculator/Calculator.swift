// The calculator service: scalars in registers, and an array that lies in overflow lines.
//
// calculator.x is the same interface for clients (rpcgen). Integers wrap on overflow, as C's
// unsigned ones do: a client must not be able to end the process with two numbers.

import Interface
import UserRuntime

@main
enum Calculator {
  static func main() {
    let calculator = Service(
      port: Process.port(standard: 4002), program: 0x2000_0102, version: 1)

    // CALCULATOR_NULL
    calculator.register(procedure: 0, arguments: Signature(), results: Signature()) {
      _, _, _, line in
      Call(line).succeed()
    }

    // ADD: slots hold ints sign-extended, and a result is extended again from its 32 bits.
    calculator.register(
      procedure: 1,
      arguments: Signature {
        $0.int()
        $0.int()
      },
      results: Signature { $0.int() }
    ) { _, left, right, line in
      Call(line).succeed(
        with: Int32(truncatingIfNeeded: left) &+ Int32(truncatingIfNeeded: right))
    }

    // MULTIPLY
    calculator.register(
      procedure: 2,
      arguments: Signature {
        $0.hyper()
        $0.hyper()
      },
      results: Signature { $0.hyper() }
    ) { _, left, right, line in
      Call(line).succeed(with: left &* right)
    }

    // MEAN: sum and count, for the client to divide as it likes. 256 ints cannot overflow the sum.
    calculator.register(
      procedure: 3,
      arguments: Signature { $0.array(max: 256) { $0.int() } },
      results: Signature {
        $0.hyper()
        $0.unsignedInt()
      }
    ) { _, values, _, line in
      let call = Call(line)
      let mean = call.withSlots(of: values) { values in
        var sum: UInt64 = 0
        for index in values.indices { sum &+= values[index] }
        return (sum: sum, count: values.count)
      }
      call.succeed(with: mean.sum, mean.count)
    }

    // Floating point is from 10 on. DIVIDE: as IEEE 754 has it, so nothing ends the process.
    calculator.register(
      procedure: 10,
      arguments: Signature {
        $0.double()
        $0.double()
      },
      results: Signature { $0.double() }
    ) { _, dividend, divisor, line in
      Call(line).succeed(with: Double(bitPattern: dividend) / Double(bitPattern: divisor))
    }

    // NORM: the values' Euclidean length.
    calculator.register(
      procedure: 11,
      arguments: Signature { $0.array(max: 256) { $0.float() } },
      results: Signature { $0.double() }
    ) { _, values, _, line in
      let call = Call(line)
      let norm = call.withSlots(of: values) { values in
        var sum = 0.0
        for index in values.indices {
          let value = Double(Float(bitPattern: UInt32(truncatingIfNeeded: values[index])))
          sum += value * value
        }
        return sum.squareRoot()
      }
      call.succeed(with: norm)
    }

    calculator.announce()
  }
}
