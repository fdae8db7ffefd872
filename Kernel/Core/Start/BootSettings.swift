// The boot arguments that this kernel knows.

internal import DeviceTree
internal import Reporting
internal import Scheduling
internal import Tracing

/// What the command line asks for.
///
///     exit=semihosting      an emulator takes the exit status (without it: PSCI power off)
///     log=info,nic=debug    levels of the log (LogFilter)
///     policy=weighted-fair  who gets a core, and for how long (Scheduling/Policies)
///     watch=off             no watch over workers that keep their cores too long: for runs whose
///                           clock stands still while all cores wait, which a timer would move
///     console=polled        the serial port's interrupt is not used, as where there is none
///     debug=yes             the console may break the kernel on purpose (`hang`)
///     trace=all             events recorded from the start: all, usual, or sources with commas
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
      hasSemihosting = arguments.value(of: "exit", is: "semihosting")
      unsafe Self.isDebugged = arguments.value(of: "debug", is: "yes")
      hasPolledConsole = arguments.value(of: "console", is: "polled")
      hasWatch = !arguments.value(of: "watch", is: "off")
      if let text = arguments.value(of: "log"), !Log.levels.apply(text) {
        Log.warning("boot argument log=\(escaping: text) not understood", from: .console)
      }
      if let text = arguments.value(of: "policy"), !PolicyChoice.use(named: text) {
        Log.error(
          "boot argument policy=\(escaping: text): there is \(PolicyChoice.names); now \(PolicyChoice.value.name)",
          from: .console)
      }
      if let text = arguments.value(of: "trace") {
        if let sources = SourceMask(named: text) {
          tracedSources = sources
        } else {
          Log.warning("boot argument trace=\(escaping: text) not understood", from: .console)
        }
      }
    }
  }
}
