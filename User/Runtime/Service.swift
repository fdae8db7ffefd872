// Registration: which procedures this process serves, and with which code.

public import Interface
internal import SystemInterface

/// A version of an ONC RPC program (RFC 5531) on a UDP port.
///
///     static func main() {
///       let clock = Service(port: 4000, program: 0x2000_0100, version: 1)
///       clock.register(procedure: 0, arguments: Signature(), results: Signature()) {
///         _, _, _, line in
///         Call(line).succeed()
///       }
///     }
public struct Service: Hashable, Sendable {
  public let port: UInt16
  public let program: UInt32
  public let version: UInt32

  public init(port: UInt16, program: UInt32, version: UInt32) {
    self.port = port
    self.program = program
    self.version = version
  }

  /// Registers one procedure with the NIC: from now on it decodes calls by the signatures and
  /// delivers those that fit to `handler`. When the kernel refuses, says why in the log and ends
  /// the process: half of a service is none.
  ///
  /// - Parameters:
  ///   - serviceClass: which of the process's waiting calls go first: give short calls a more urgent
  ///     class than long ones, and they do not wait behind them. Says nothing against other processes.
  ///   - data: a word that the handler gets back, such as the address of its state.
  ///   - handler: a closure that captures nothing.
  public func register(
    procedure: UInt32, arguments: Signature, results: Signature,
    class serviceClass: ServiceClass = .normal, data: UInt64 = 0, handler: Handler
  ) {
    // Safety: a C function pointer is an address.
    let code = unsafe UInt64(unsafeBitCast(handler, to: UInt.self))
    let error = arguments.withBytes { argumentBytes in
      results.withBytes { resultBytes in
        argumentBytes.withAddress { argumentAddress in
          resultBytes.withAddress { resultAddress in
            submit([
              UInt64(port), UInt64(program), UInt64(version), UInt64(procedure), code, data,
              argumentAddress, UInt64(argumentBytes.count),
              resultAddress, UInt64(resultBytes.count), UInt64(serviceClass.rawValue),
            ])
          }
        }
      }
    }
    guard error == .none else { refused(procedure, error) }
  }

  /// Says in the log what is served where.
  public func announce() {
    var line = LogLine()
    line.append("program ")
    line.append(hexadecimal: UInt64(program))
    line.append(" version ")
    line.append(decimal: UInt64(version))
    line.append(" on UDP port ")
    line.append(decimal: UInt64(port))
    Process.log(line)
  }

  /// - Parameter words: as `ServiceRegistration` lists them.
  private func submit(_ words: [11 of UInt64]) -> SystemError {
    words.span.withAddress { address in SystemCall.registerService.call(address) }
  }

  private func refused(_ procedure: UInt32, _ error: SystemError) -> Never {
    var line = LogLine()
    line.append("cannot serve procedure ")
    line.append(decimal: UInt64(procedure))
    line.append(" of program ")
    line.append(hexadecimal: UInt64(program))
    line.append(" version ")
    line.append(decimal: UInt64(version))
    line.append(" on UDP port ")
    line.append(decimal: UInt64(port))
    line.append(", since ")
    line.append(error.inWords)
    Process.log(line)
    Process.exit(.cannotRegister)
  }
}
