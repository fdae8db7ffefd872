// swift-tools-version: 6.2
// One package, three compilations: the host (tests, FPGA model, tools), the kernel, user programs.
//
// WENGEN_TARGET selects which (the Makefile sets it): unset for the host, "fuzz" for the host with
// libFuzzer and AddressSanitizer, "mutate" for the part of the host that `make mutate` breaks,
// "kernel" or "user" for aarch64-none-none-elf with Linker/kernel.json or Linker/user.json as
// toolset. Dual modules are in all three, from the same sources.

import Foundation
import PackageDescription

let compilation = Context.environment["WENGEN_TARGET"] ?? "host"

/// `make kernel CHECKS=1`: the kernel checks itself (lock order).
let checks: [SwiftSetting] =
  Context.environment["WENGEN_CHECKS"] == "1" ? [.define("CHECKS")] : []

/// Every Swift target: strict memory safety, and a warning is an error.
let strict: [SwiftSetting] = [
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  // For views over bytes that somebody else owns (DeviceTree, Archive): `~Escapable` types.
  .enableExperimentalFeature("Lifetimes"),
]

/// The explorer's measure is states a second: what it runs is optimised in debug builds too. Then
/// bodies cross files and modules, and an incremental build would keep the files into which an old
/// body was inlined; a module that is compiled as a whole has none that it could keep.
let optimised: [SwiftSetting] =
  ["host", "mutate"].contains(compilation)
  ? [
    .unsafeFlags(
      ["-O", "-whole-module-optimization", "-num-threads", "2"], .when(configuration: .debug))
  ] : []

/// A module compiled for host and target: logic only, no hardware, no I/O.
func dual(
  _ name: String, path: String, dependencies: [Target.Dependency] = [],
  exclude: [String] = [], settings: [SwiftSetting] = []
) -> Target {
  .target(
    name: name, dependencies: dependencies, path: path, exclude: exclude,
    swiftSettings: strict + [.treatWarning("EmbeddedRestrictions", as: .error)] + settings)
}

/// A test suite of the host.
func tests(_ name: String, _ dependencies: Target.Dependency...) -> Target {
  .testTarget(
    name: name, dependencies: dependencies + ["Randomness"], path: "Tests/\(name)",
    swiftSettings: strict)
}

let dualModules: [Target] = [
  dual("Interface", path: "Kernel/Interface", settings: optimised),
  dual(
    "SystemInterface", path: "Kernel/SystemInterface", dependencies: ["Interface"],
    exclude: ["README.md"]),
  dual("Reporting", path: "Kernel/Reporting"),
  dual("DeviceTree", path: "Kernel/DeviceTree", dependencies: ["Reporting"]),
  dual("Memory", path: "Kernel/Memory", dependencies: ["Reporting"]),
  dual("Processor", path: "Kernel/Processor", dependencies: ["Reporting"]),
  dual("Images", path: "Kernel/Images", dependencies: ["Reporting"]),
  dual("Network", path: "Kernel/Network"),
  dual("Scheduling", path: "Kernel/Scheduling", dependencies: ["Interface"]),
  dual("Tracing", path: "Kernel/Tracing", dependencies: ["Reporting"]),
  dual("CommandLine", path: "Kernel/CommandLine", dependencies: ["Reporting"]),
]

let hostTargets: [Target] = [
  .target(name: "ModelInterface", path: "qemu/ModelInterface"),
  // A handler's view of its call, for tests on ordinary memory; the rest of the two modules
  // needs a kernel.
  .target(name: "UserStart", path: "User/Start"),
  .target(
    name: "UserRuntime", dependencies: ["Interface", "UserStart"], path: "User/Runtime",
    exclude: [
      "LogLine.swift", "Machine.swift", "Process.swift", "Service.swift", "SystemCalls.swift",
      "UserLines.swift", "UserLoop.swift",
    ], swiftSettings: strict),
  tests(
    "UserRuntimeTests", "Interface", "Marshalling", "SystemInterface", "UserRuntime", "UserStart"),
  dual("Marshalling", path: "qemu/Marshalling", dependencies: ["Interface"], settings: optimised),
  dual(
    "Model", path: "qemu/Model", dependencies: ["Interface", "Marshalling", "Tracing"],
    settings: optimised),
  .target(
    name: "ModelExports", dependencies: ["Interface", "Model", "ModelInterface", "Tracing"],
    path: "qemu/ModelExports", swiftSettings: strict),
  .target(name: "Randomness", path: "Tests/Randomness", swiftSettings: strict + optimised),
  .target(
    name: "Explorer", dependencies: ["Interface", "Model", "Randomness", "Scheduling"],
    path: "Tests/Explorer",
    exclude: ["README.md"], swiftSettings: strict + optimised),
  tests("ExplorerTests", "Explorer", "Interface", "Model", "Scheduling"),
  .target(name: "Harness", path: "Tools/Harness", swiftSettings: strict),
  .executableTarget(
    name: "wengen-run", dependencies: ["Harness"], path: "Tools/Run", swiftSettings: strict),
  .executableTarget(
    name: "wengen-explore", dependencies: ["Explorer"], path: "Tools/Explore",
    swiftSettings: strict),
  .target(name: "Workload", path: "Tools/Workload", swiftSettings: strict + optimised),
  .target(
    name: "Simulation", dependencies: ["Interface", "Model", "Scheduling", "Workload"],
    path: "Tools/Simulation", swiftSettings: strict + optimised),
  .executableTarget(
    name: "wengen-load", dependencies: ["Harness", "Tracing", "Workload"], path: "Tools/Load",
    swiftSettings: strict),
  .executableTarget(
    name: "wengen-figures", dependencies: ["Interface", "Scheduling", "Simulation", "Workload"],
    path: "Tools/Figures", exclude: ["Plots", "packages.txt"], swiftSettings: strict + optimised),
  .executableTarget(
    name: "wengen-trace", dependencies: ["Interface", "Tracing"], path: "Tools/Trace",
    swiftSettings: strict),
  .executableTarget(
    name: "wengen-top", dependencies: ["Harness"], path: "Tools/Top", swiftSettings: strict),
  .executableTarget(
    name: "wengen-call", dependencies: ["Harness"], path: "Tools/Call", swiftSettings: strict),
  .target(
    name: "FuzzTargets",
    dependencies: [
      "DeviceTree", "Images", "Interface", "Marshalling", "Model", "Reporting", "SystemInterface",
    ],
    path: "Fuzz/Targets", swiftSettings: strict),
  tests("FuzzTests", "FuzzTargets"),
  .target(name: "Allocations", path: "Benchmarks/Allocations"),
  .executableTarget(
    name: "wengen-benchmark", dependencies: ["Allocations", "Interface", "Model"],
    path: "Benchmarks/Model",
    swiftSettings: strict),
  tests("NetworkTests", "Network"),
  tests("WorkloadTests", "Workload"),
  tests("SimulationTests", "Interface", "Scheduling", "Simulation", "Workload"),
  tests("InterfaceTests", "Interface", "SystemInterface"),
  tests("MarshallingTests", "Interface", "Marshalling"),
  tests("ModelTests", "Interface", "Marshalling", "Model", "Tracing"),
  tests("MemoryTests", "Memory", "Reporting"),
  tests("DeviceTreeTests", "DeviceTree", "Reporting"),
  tests("ImagesTests", "Images", "Reporting"),
  tests("ProcessorTests", "Processor", "Reporting"),
  tests("ReportingTests", "Reporting"),
  tests("SchedulingTests", "Interface", "Scheduling"),
  tests("TracingTests", "Reporting", "Tracing"),
  tests("CommandLineTests", "CommandLine", "Reporting"),
  tests("HarnessTests", "Harness"),
  .testTarget(
    name: "BootTests", dependencies: ["Harness", "Interface", "Scheduling", "Tracing", "Workload"],
    path: "Tests/Boot", swiftSettings: strict),
]

/// What libFuzzer drives: its library brings the main function, so only `make fuzz` links it.
let fuzzTargets: [Target] = [
  .target(name: "LibFuzzer", path: "Fuzz/LibFuzzer"),
  .executableTarget(
    name: "wengen-fuzz", dependencies: ["FuzzTargets", "LibFuzzer"], path: "Fuzz/Driver",
    swiftSettings: strict),
]

/// Model and loops, what runs them and what tests them: all that a mutant of `make mutate` can reach,
/// since what else the host has would only be linked again, sixty times.
let mutateTargets = (dualModules + hostTargets).filter {
  [
    "Explorer", "ExplorerTests", "Interface", "InterfaceTests", "Marshalling", "MarshallingTests",
    "Model", "ModelTests", "Randomness", "Reporting", "Scheduling", "SchedulingTests",
    "SystemInterface", "Tracing", "wengen-explore",
  ].contains($0.name)
}

let kernelTargets: [Target] = [
  .target(name: "Boot", path: "Boot"),
  .target(
    name: "ArchAArch64", dependencies: ["Boot", "Interface", "Memory", "Reporting"],
    path: "Kernel/Arch/AArch64", swiftSettings: strict + checks),
  .target(
    name: "Platform", dependencies: ["ArchAArch64", "Boot", "DeviceTree", "Reporting"],
    path: "Kernel/Platform", swiftSettings: strict),
  .executableTarget(
    name: "wengen",
    dependencies: [
      "ArchAArch64", "Boot", "CommandLine", "DeviceTree", "Images", "Interface", "Memory",
      "Network", "Platform", "Processor", "Reporting", "Scheduling", "SystemInterface", "Tracing",
    ],
    path: "Kernel/Core", swiftSettings: strict),
]

/// A user program, in the folder of User/ with its name. What rpcgen reads of it is no source.
func program(
  _ name: String, dependencies: [Target.Dependency] = [], exclude: [String] = []
) -> Target {
  let folder = "User/" + name.prefix(1).uppercased() + name.dropFirst()
  let interface = name + ".x"
  let hasInterface = FileManager.default.fileExists(
    atPath: Context.packageDirectory + "/" + folder + "/" + interface)
  return .executableTarget(
    name: name, dependencies: ["Interface", "UserRuntime"] + dependencies, path: folder,
    exclude: exclude + (hasInterface ? [interface] : []), swiftSettings: strict)
}

let userTargets: [Target] = [
  // Copies and fills on the way of a call shall not be what makes a thread use vector registers.
  .target(
    name: "UserStart", path: "User/Start",
    cSettings: [.unsafeFlags(["-mgeneral-regs-only"])]),
  .target(
    name: "UserRuntime", dependencies: ["Interface", "SystemInterface", "UserStart"],
    path: "User/Runtime", swiftSettings: strict),
  .target(name: "HostileInstructions", path: "User/Hostile/Instructions"),
  program("batch"),
  program("calculator"),
  program("echo"),
  program("greeter"),
  program(
    "hostile", dependencies: ["HostileInstructions", "SystemInterface", "UserStart"],
    exclude: ["Instructions"]),
  program("rpcbind", dependencies: ["SystemInterface"]),
  program("spin"),
  program("statistics", dependencies: ["SystemInterface"]),
]

let package = Package(
  name: "wengen",
  products: compilation == "host"
    ? [.library(name: "LauberhornModel", type: .dynamic, targets: ["ModelExports"])] : [],
  targets: [
    "kernel": dualModules + kernelTargets, "user": dualModules + userTargets,
    "fuzz": dualModules + hostTargets + fuzzTargets, "mutate": mutateTargets,
  ][compilation] ?? dualModules + hostTargets,
  swiftLanguageModes: [.v6])
