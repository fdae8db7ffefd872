// The boot arguments that this kernel knows.

internal import DeviceTree
internal import Reporting
internal import Scheduling
internal import Tracing

/// What the command line asks for.
///
///     exit=semihosting      an emulator takes the exit status (psci, as it is: power off)
///     log=info,nic=debug    levels of the log (LogFilter)
///     policy=weighted-fair  who gets a core, and for how long (Scheduling/Policies)
///     watch=off             no watch over workers that keep their cores too long: for runs whose
///                           clock stands still while all cores wait, which a timer would move
///     console=polled        the serial port's interrupt is not used, as where there is none
///     debug=yes             the console may break the kernel on purpose (`hang`)
///     trace=all             events recorded from the start: all, usual, or sources with commas
///
/// Of watch, console and debug there are also on, interrupt and no: what holds without the argument.
/// What cannot be understood is said in the log, and counts as if it was not there.
struct BootSettings {
  var hasSemihosting = false
  var hasWatch = true
  var hasPolledConsole = false

  // Safety: set once by the boot core before it unmasks interrupts or starts another core.
  nonisolated(unsafe) private static var isDebugged = false
  /// Whether the console may break the kernel on purpose.
  static var allowsDebugging: Bool { unsafe isDebugged }
  var tracedSources = SourceMask.none

  init(platform: PlatformDescription) {
    KernelMemory.withDeviceTree { tree in
      let arguments = BootArguments(tree.text(platform.bootArguments))
      if let text = arguments.value(of: "log"), !Log.levels.apply(text) {
        Log.warning(
          "boot argument log=\(escaping: text): there are \(LogFilter.choices)", from: .console)
      }
      hasSemihosting = Self.isChosen("semihosting", or: "psci", by: "exit", in: arguments)
      unsafe Self.isDebugged = Self.isChosen("yes", or: "no", by: "debug", in: arguments)
      hasPolledConsole = Self.isChosen("polled", or: "interrupt", by: "console", in: arguments)
      hasWatch = !Self.isChosen("off", or: "on", by: "watch", in: arguments)
      if let text = arguments.value(of: "policy"), !PolicyChoice.use(named: text) {
        Log.error(
          "boot argument policy=\(escaping: text): there is \(PolicyChoice.names); now \(PolicyChoice.value.name)",
          from: .console)
      }
      if let text = arguments.value(of: "trace") {
        if let sources = SourceMask(named: text) {
          tracedSources = sources
        } else {
          Log.warning(
            "boot argument trace=\(escaping: text): there are \(SourceMask.choices), with commas",
            from: .console)
        }
      }
      Self.reportUnknown(arguments)
    }
  }

  /// Whether the argument has this value. Another one is reported, unless it is `standard`, which
  /// says what holds without the argument.
  private static func isChosen(
    _ value: StaticString, or standard: StaticString, by key: StaticString,
    in arguments: borrowing BootArguments
  ) -> Bool {
    // A bare `debug`, for example, is Linux's.
    guard let text = arguments.value(of: key), text.count > 0 else { return false }
    if value.isSpelled(text) { return true }
    // Boot loaders tell Linux its console by `console=ttyAMA0`.
    guard !standard.isSpelled(text), !("tty" as StaticString).isSpelled(text.extracting(first: 3))
    else { return false }
    Log.warning(
      "boot argument \(key)=\(escaping: text): there are \(value) and \(standard)", from: .console)
    return false
  }

  /// Says which words `key=…` nobody reads: most likely they are misspelt.
  private static func reportUnknown(_ arguments: borrowing BootArguments) {
    var index = 0
    while let key = arguments.key(ofAssignment: index) {
      index += 1
      guard !isKnown(key) else { continue }
      Log.warning(
        "boot argument \(escaping: key)= is unknown; there are exit, log, policy, watch, console, debug and trace",
        from: .console)
    }
  }

  private static func isKnown(_ key: Span<UInt8>) -> Bool {
    let own: InlineArray<7, StaticString> = [
      "exit", "log", "policy", "watch", "console", "debug", "trace",
    ]
    for index in own.indices where own[index].isSpelled(key) { return true }
    // What firmware and boot loaders are used to give Linux; so is every setting of one of its
    // modules, `module.setting=`.
    let linux: InlineArray<12, StaticString> = [
      "BOOT_IMAGE", "root", "rootfstype", "rootflags", "rootdelay", "resume", "initrd", "init",
      "earlycon", "loglevel", "crashkernel", "panic",
    ]
    for index in linux.indices where linux[index].isSpelled(key) { return true }
    for index in 0..<key.count where key[index] == ASCII.point { return true }
    return false
  }
}
