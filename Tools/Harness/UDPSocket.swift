// UDP over IPv4: the only file that hands the operating system addresses and datagrams.

import Foundation

/// Why a socket could not do what it was asked.
public struct NetworkError: Error, CustomStringConvertible {
  public let description: String
}

/// An IPv4 address and UDP port.
public struct SocketAddress: Hashable, Sendable, CustomStringConvertible {
  /// First byte on the wire in bits 24..31.
  public let address: UInt32
  public let port: UInt16

  public init(address: UInt32, port: UInt16) {
    self.address = address
    self.port = port
  }

  /// This machine, 127.0.0.1.
  public static func loopback(port: UInt16) -> SocketAddress {
    SocketAddress(address: 0x7f00_0001, port: port)
  }

  /// `HOST:PORT`, the host a name or a dotted address.
  public init(parsing text: String) throws(NetworkError) {
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...])
    else { throw NetworkError(description: "'\(text)' is not HOST:PORT") }
    self.init(address: try resolve(String(text[..<colon])), port: port)
  }

  public var description: String {
    let parts = [24, 16, 8, 0].map { String(address >> UInt32($0) & 0xff) }
    return "\(parts.joined(separator: ".")):\(port)"
  }
}

/// A UDP socket; closed when it goes.
public struct UDPSocket: ~Copyable, Sendable {
  private let descriptor: Int32

  /// A socket with a local port: `port`, or a free one when it is 0.
  public init(boundTo local: SocketAddress) throws(NetworkError) {
    descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw lastError("no UDP socket") }
    // Safety: bind reads one address of the length given.
    let result = unsafe withSystemAddress(local) { unsafe bind(descriptor, $0, $1) }
    guard result == 0 else { throw lastError("cannot use UDP port \(local)") }
  }

  deinit { close(descriptor) }

  /// The address it is bound to.
  public var localAddress: SocketAddress {
    get throws(NetworkError) {
      // Safety: getsockname fills one address of the length given.
      let (result, address) = unsafe fillSystemAddress {
        unsafe getsockname(descriptor, $0, $1)
      }
      guard result == 0 else { throw lastError("no local address") }
      return address
    }
  }

  public func send(_ datagram: [UInt8], to peer: SocketAddress) throws(NetworkError) {
    // Safety: sendto reads only the bytes of the array.
    let count = unsafe withSystemAddress(peer) { address, length in
      unsafe datagram.withUnsafeBytes {
        unsafe sendto(descriptor, $0.baseAddress, $0.count, 0, address, length)
      }
    }
    guard count == datagram.count else {
      throw lastError("cannot send \(datagram.count) bytes to \(peer)")
    }
  }

  /// The next datagram and who sent it, or nil when none came within the limit.
  public func receive(
    within limit: Duration
  ) throws(NetworkError) -> (datagram: [UInt8], sender: SocketAddress)? {
    guard try waitForDatagram(within: limit) else { return nil }
    var count = 0
    var sender = SocketAddress(address: 0, port: 0)
    // Safety: recvfrom fills at most the capacity given (a UDP datagram fits), and says how much.
    let datagram = unsafe [UInt8](unsafeUninitializedCapacity: 65536) { buffer, used in
      (count, sender) = unsafe fillSystemAddress {
        unsafe recvfrom(descriptor, buffer.baseAddress, buffer.count, 0, $0, $1)
      }
      used = max(count, 0)
    }
    guard count >= 0 else { throw lastError("cannot receive") }
    return (datagram, sender)
  }

  private func waitForDatagram(within limit: Duration) throws(NetworkError) -> Bool {
    let end = ContinuousClock.now + limit
    while true {
      // Looks once even when there is no time left: a limit of zero asks and does not wait.
      let left = max(ContinuousClock.now.duration(to: end), .zero)
      var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      // Safety: one element is given.
      let ready = unsafe poll(&wanted, 1, left == .zero ? 0 : left.pollMilliseconds)
      if ready > 0 { return true }
      if ready < 0 && errno != EINTR { throw lastError("cannot wait for a datagram") }
      if left == .zero { return false }
    }
  }
}

/// A UDP port of the loopback address that nobody uses now: the preferred one if it is free.
///
/// The port is free again when this returns, so another program may take it before it is used.
public func freeLoopbackPort(preferred: UInt16 = 0) throws(NetworkError) -> UInt16 {
  if preferred != 0, (try? UDPSocket(boundTo: .loopback(port: preferred))) != nil {
    return preferred
  }
  return try UDPSocket(boundTo: .loopback(port: 0)).localAddress.port
}

/// Whether a UDP port of the loopback address can be used now. Ports below 1024 take privileges.
public func isUsableLoopbackPort(_ port: UInt16) -> Bool {
  (try? UDPSocket(boundTo: .loopback(port: port))) != nil
}

private func lastError(_ what: String) -> NetworkError {
  NetworkError(description: "\(what): \(SystemError(code: errno))")
}

/// The IPv4 address of a host, by the system's resolver.
private func resolve(_ host: String) throws(NetworkError) -> UInt32 {
  var hints = unsafe addrinfo()
  unsafe hints.ai_family = AF_INET
  var found: UnsafeMutablePointer<addrinfo>?
  // Safety: on success getaddrinfo gives a list with at least one element whose address is an
  // IPv4 one, as the hints demand; it is freed after the copy.
  let code = unsafe getaddrinfo(host, nil, &hints, &found)
  guard code == 0, let first = unsafe found, let address = unsafe first.pointee.ai_addr else {
    let reason = unsafe String(cString: gai_strerror(code))
    throw NetworkError(description: "cannot find host '\(host)': \(reason)")
  }
  defer { unsafe freeaddrinfo(found) }
  return unsafe address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
    UInt32(bigEndian: unsafe $0.pointee.sin_addr.s_addr)
  }
}

/// Calls with the address as the system wants it.
private func withSystemAddress<Result>(
  _ address: SocketAddress, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
) -> Result {
  var system = sockaddr_in()
  system.sin_family = sa_family_t(AF_INET)
  system.sin_addr.s_addr = address.address.bigEndian
  system.sin_port = address.port.bigEndian
  let length = socklen_t(MemoryLayout<sockaddr_in>.size)
  // Safety: sockaddr is the generic name of sockaddr_in; the length says which it is.
  return unsafe withUnsafePointer(to: &system) {
    unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0, length) }
  }
}

/// Calls with room for an address and returns the one that was filled in.
private func fillSystemAddress<Result>(
  _ body: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Result
) -> (Result, SocketAddress) {
  var system = sockaddr_in()
  var length = socklen_t(MemoryLayout<sockaddr_in>.size)
  // Safety: as above; the length given bounds what is written.
  let result = unsafe withUnsafeMutablePointer(to: &system) {
    unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0, &length) }
  }
  return (
    result,
    SocketAddress(
      address: UInt32(bigEndian: system.sin_addr.s_addr), port: UInt16(bigEndian: system.sin_port))
  )
}
