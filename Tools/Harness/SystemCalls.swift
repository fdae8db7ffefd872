// The few POSIX calls under ChildProcess and Terminal that need pointers.

import Foundation

/// An `errno`, in words.
struct SystemError: Error, CustomStringConvertible {
  let code: Int32

  var description: String {
    // Safety: strerror returns a NUL-terminated string that is copied at once.
    unsafe String(cString: strerror(code))
  }
}

/// Held while a pipe is made close-on-exec, which takes two steps, and while a child is started:
/// so no child holds the ends of another one's pipes open.
private let descriptorLock = NSLock()

/// Both ends of a pipe.
struct Pipe {
  let read: Int32
  let write: Int32

  static func make() throws(ProcessError) -> Pipe {
    descriptorLock.lock()
    defer { descriptorLock.unlock() }
    var ends: [Int32] = [-1, -1]
    // Safety: pipe fills exactly the two elements.
    guard unsafe pipe(&ends) == 0, ends.allSatisfy({ fcntl($0, F_SETFD, FD_CLOEXEC) == 0 }) else {
      throw ProcessError("no pipe: \(SystemError(code: errno))")
    }
    return Pipe(read: ends[0], write: ends[1])
  }
}

/// A write to a child that has ended shall fail with EPIPE, not end this program.
func ignoreBrokenPipes() {
  _ = signal(SIGPIPE, SIG_IGN)
}

/// Starts `command` (found through PATH) with these descriptors as 0, 1 and 2.
func spawn(
  _ command: [String], input: Int32, output: Int32, errors: Int32
) -> Result<pid_t, SystemError> {
  // Safety: both objects are initialised here, used by one posix_spawnp, and destroyed below; the
  // argument vector is made of copies that are freed after it, and ends with NULL.
  var actions = unsafe posix_spawn_file_actions_t()
  var attributes = posix_spawnattr_t()
  unsafe posix_spawn_file_actions_init(&actions)
  unsafe posix_spawnattr_init(&attributes)
  defer {
    unsafe posix_spawn_file_actions_destroy(&actions)
    unsafe posix_spawnattr_destroy(&attributes)
  }
  for (target, source) in [input, output, errors].enumerated() {
    unsafe posix_spawn_file_actions_adddup2(&actions, source, Int32(target))
  }
  // A group of its own: Ctrl-C at the terminal goes to us, and we decide.
  unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
  var arguments = unsafe command.map { unsafe strdup($0) }
  unsafe arguments.append(nil)
  defer { for index in unsafe arguments.indices { unsafe free(arguments[index]) } }
  var identifier: pid_t = 0
  descriptorLock.lock()
  defer { descriptorLock.unlock() }
  let code = unsafe posix_spawnp(
    &identifier, command[0], &actions, &attributes, arguments, environ)
  return code == 0 ? .success(identifier) : .failure(SystemError(code: code))
}

/// Blocks until the child has ended and takes its status.
func awaitExit(of identifier: pid_t) -> ExitStatus {
  var status: Int32 = 0
  // Safety: waitpid writes one Int32.
  while unsafe waitpid(identifier, &status, 0) == -1 && errno == EINTR {}
  return ExitStatus(waitStatus: status)
}

/// Gives what comes from the descriptor to `consume`, piece by piece, and closes it at its end.
func readToEnd(of descriptor: Int32, _ consume: ([UInt8]) -> Void) {
  while let piece = readPiece(of: descriptor), !piece.isEmpty { consume(piece) }
  close(descriptor)
}

/// What is there to read, waiting for the first byte; empty at the end, nil on an error.
func readPiece(of descriptor: Int32) -> [UInt8]? {
  while true {
    var count = 0
    // Safety: read fills at most the capacity given, and says how much.
    let piece = unsafe [UInt8](unsafeUninitializedCapacity: 65536) { buffer, used in
      count = unsafe read(descriptor, buffer.baseAddress, buffer.count)
      used = max(count, 0)
    }
    if count >= 0 { return piece }
    if errno != EINTR { return nil }
  }
}

/// Writes all bytes; stops at the first error (the reader is gone).
func writeAll(_ bytes: [UInt8], to descriptor: Int32) {
  var rest = bytes[...]
  while !rest.isEmpty {
    // Safety: write reads only the bytes of `rest`.
    let count = unsafe rest.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
    if count > 0 {
      rest = rest.dropFirst(count)
    } else if errno != EINTR {
      return
    }
  }
}

/// Waits until there is something to read from `descriptor`; false when the other one ended first.
func waitForInput(_ descriptor: Int32, orEndOf other: Int32) -> Bool {
  while true {
    var wanted = [
      pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
      pollfd(fd: other, events: Int16(POLLIN), revents: 0),
    ]
    // Safety: two elements are given.
    if unsafe poll(&wanted, 2, -1) < 0 && errno == EINTR { continue }
    return wanted[1].revents == 0
  }
}

/// The terminal's settings, for later.
struct TerminalSettings {
  fileprivate let settings: termios
}

/// Keys come at once, unseen and uninterpreted; what is printed is as before.
func enterRawMode() -> TerminalSettings {
  var settings = termios()
  // Safety: both calls use the one object that is given.
  unsafe tcgetattr(STDIN_FILENO, &settings)
  let saved = TerminalSettings(settings: settings)
  unsafe cfmakeraw(&settings)
  settings.c_oflag = saved.settings.c_oflag
  unsafe tcsetattr(STDIN_FILENO, TCSADRAIN, &settings)
  return saved
}

func leaveRawMode(_ saved: TerminalSettings) {
  var settings = saved.settings
  // Safety: reads the one object that is given.
  unsafe tcsetattr(STDIN_FILENO, TCSADRAIN, &settings)
}
