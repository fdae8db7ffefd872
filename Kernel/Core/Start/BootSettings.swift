// The boot arguments that this kernel knows.

internal import DeviceTree

/// What the command line asks for.
///
///     exit=semihosting   an emulator takes the exit status (without it: PSCI power off)
struct BootSettings {
  var hasSemihosting = false

  init(platform: PlatformDescription) {
    KernelMemory.withDeviceTree { tree in
      let arguments = BootArguments(tree.text(platform.bootArguments))
      hasSemihosting = arguments.value(of: "exit", is: "semihosting")
    }
  }
}
