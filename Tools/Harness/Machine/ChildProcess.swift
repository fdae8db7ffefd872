// A child process: pipes to it, transcripts of what it writes, its end, and certainty that it ends.
//
// Foundation's Process cannot say "die with your parent", which a QEMU left behind by a killed
// test run needs; so this uses posix_spawn and util-linux's setpriv. The kernel sends that signal
// when the *thread* that spawned ends (prctl(2), PR_SET_PDEATHSIG), and threads of Swift's pool
// come and go: hence one thread per child that spawns it and then waits for its end.

import Foundation

/// Why a child process was not started, or did not do what was waited for.
public struct ProcessError: Error, CustomStringConvertible {
  public let description: String
  init(_ description: String) { self.description = description }
}

/// A running or ended child process. Killed at the latest when the last reference goes.
public final class ChildProcess: Sendable {
  /// What it wrote to standard output and to standard error.
  public let output = Transcript()
  public let errors = Transcript()

  /// Before a command: it is killed when the thread that started it ends.
  static let dyingWithParent = ["setpriv", "--pdeathsig", "KILL", "--"]

  private let name: String
  private let identifier: pid_t
  private let input: WriteEnd
  private let end: EndOfProcess

  /// Starts `executable` (found through PATH when it holds no slash).
  ///
  /// - Parameter onOutput: is given each piece of standard output as it comes, on a thread of the
  ///   child's own, before a wait for it ends.
  public init(
    _ executable: String, _ arguments: [String],
    onOutput: (@Sendable ([UInt8]) -> Void)? = nil
  ) throws(ProcessError) {
    ignoreBrokenPipes()
    let inputPipe = try Pipe.make()
    let outputPipe = try Pipe.make()
    let errorPipe = try Pipe.make()
    let end = EndOfProcess()
    let command = Self.dyingWithParent + [executable] + arguments

    let started = StartResult()
    Thread.detachNewThread {
      let spawned = spawn(
        command, input: inputPipe.read, output: outputPipe.write, errors: errorPipe.write)
      for descriptor in [inputPipe.read, outputPipe.write, errorPipe.write] { close(descriptor) }
      started.set(spawned)
      guard case .success(let identifier) = spawned else { return }
      end.set(awaitExit(of: identifier))
    }
    switch started.get() {
    case .success(let identifier):
      self.name = executable
      self.identifier = identifier
      self.input = WriteEnd(inputPipe.write)
      self.end = end
    case .failure(let error):
      for descriptor in [inputPipe.write, outputPipe.read, errorPipe.read] { close(descriptor) }
      throw ProcessError("cannot start \(executable): \(error)")
    }

    let (output, errors) = (output, errors)
    Thread.detachNewThread {
      readToEnd(of: outputPipe.read) { piece in
        onOutput?(piece)
        output.append(piece)
      }
      output.end()
    }
    Thread.detachNewThread {
      readToEnd(of: errorPipe.read) { errors.append($0) }
      errors.end()
    }
  }

  deinit { kill() }

  /// How it ended, once it has.
  public var exitStatus: ExitStatus? { end.status }

  /// Writes to its standard input, all of it. Lost without an error when the child has ended.
  public func write(_ bytes: [UInt8]) { input.write(bytes) }

  /// Nothing more will be written.
  public func closeInput() { input.close() }

  /// Ends it at once, if it still runs. Its end is then waited for by its own thread.
  public func kill() {
    // An ended process may have given its number to another one.
    end.ifStillRunning { _ = Foundation.kill(identifier, SIGKILL) }
  }

  /// Waits for its end, and until all it wrote is in the transcripts.
  public func waitForExit(within limit: Duration) throws(ProcessError) -> ExitStatus {
    let deadline = Date(timeIntervalSinceNow: limit.seconds)
    guard let status = end.wait(until: deadline) else {
      throw ProcessError("\(name) still runs after \(limit)")
    }
    // The pipes end with the process, unless it left children behind; one second then is plenty.
    let grace = max(deadline, Date(timeIntervalSinceNow: 1))
    _ = output.waitForEnd(until: grace)
    _ = errors.waitForEnd(until: grace)
    return status
  }

  /// Waits for its end without a limit.
  func waitForEnd() { end.wait() }

  /// Runs a command to its end and returns what it wrote to standard output.
  public static func run(
    _ executable: String, _ arguments: [String], input: String = "",
    within limit: Duration = .seconds(20)
  ) throws(ProcessError) -> (status: ExitStatus, output: String, errors: String) {
    let child = try ChildProcess(executable, arguments)
    child.write(Array(input.utf8))
    child.closeInput()
    do {
      let status = try child.waitForExit(within: limit)
      return (status, child.output.text, child.errors.text)
    } catch {
      child.kill()
      throw error
    }
  }
}

/// The exit status, set once by the thread that waits for the process.
private final class EndOfProcess: @unchecked Sendable {
  private let condition = NSCondition()
  private var value: ExitStatus?

  var status: ExitStatus? {
    condition.lock()
    defer { condition.unlock() }
    return value
  }

  func set(_ status: ExitStatus) {
    condition.lock()
    value = status
    condition.broadcast()
    condition.unlock()
  }

  func wait(until deadline: Date) -> ExitStatus? {
    condition.lock()
    defer { condition.unlock() }
    while value == nil {
      if !condition.wait(until: deadline) { return value }
    }
    return value
  }

  func wait() {
    condition.lock()
    defer { condition.unlock() }
    while value == nil { condition.wait() }
  }

  func ifStillRunning(_ action: () -> Void) {
    condition.lock()
    if value == nil { action() }
    condition.unlock()
  }
}

/// Hands the result of starting from the child's thread to the one that asked.
private final class StartResult: @unchecked Sendable {
  private let semaphore = DispatchSemaphore(value: 0)
  private var result: Result<pid_t, SystemError>?

  func set(_ result: Result<pid_t, SystemError>) {
    self.result = result
    semaphore.signal()
  }

  func get() -> Result<pid_t, SystemError> {
    semaphore.wait()
    return result ?? .failure(SystemError(code: ECHILD))
  }
}

/// The write end of the child's standard input; closed once, by whoever comes first.
private final class WriteEnd: @unchecked Sendable {
  private let lock = NSLock()
  private var descriptor: Int32?

  init(_ descriptor: Int32) { self.descriptor = descriptor }
  deinit { close() }

  func write(_ bytes: [UInt8]) {
    lock.lock()
    defer { lock.unlock() }
    if let descriptor { writeAll(bytes, to: descriptor) }
  }

  func close() {
    lock.lock()
    defer { lock.unlock() }
    if let descriptor { _ = Foundation.close(descriptor) }
    descriptor = nil
  }
}
