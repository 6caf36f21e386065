// swift-tools-version: 6.2
import PackageDescription

/// Settings of every Swift target: imports stay private to a file unless it says `public import`,
/// so that no C module leaks out of ours.
let settings: [SwiftSetting] = [
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("ExistentialAny"),
]

/// The modules that parse files: each use of unsafe code in them is marked `unsafe`, or a warning.
let parsers: Set = [
  "Tensor", "Data", "Training", "Report", "Digest", "Images", "Download", "Interchange",
]

/// A library module: the folder carries the plain name, the module the prefix, because a target
/// called `Metrics` could not share a package graph with swift-metrics.
func module(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(
    name: "Pinion\(name)", dependencies: dependencies, path: "Sources/\(name)",
    swiftSettings: settings + (parsers.contains(name) ? [.strictMemorySafety()] : []))
}

/// A program that trains the report's networks on one data set.
func example(_ name: String, path: String) -> Target {
  .executableTarget(
    name: name,
    dependencies: [
      "Pinion", "CommandArguments", "ExampleNetworks", "ExampleSupport",
      .product(name: "ArgumentParser", package: "swift-argument-parser"),
    ],
    path: path, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: dependencies + ["PinionTestSupport"],
    path: "Tests/\(name)Tests", swiftSettings: settings)
}

/// What `import Pinion` gives. A dependent's product names all of them, for the reason given at
/// this file's end.
let umbrella =
  ["", "Tensor", "Data", "Metrics", "Optimizers", "Visualization", "Layers", "Training", "Report"]
  .map { "Pinion\($0)" }

let package = Package(
  name: "pinion",
  // The libraries alone: SwiftPM makes programs out of executable targets here without being told,
  // but a package that depends on this one would fetch whatever a product that is named needs.
  products: [
    .library(name: "Pinion", targets: umbrella),
    // Apart, because they cost their users LAPACKE, and libpng and libjpeg.
    .library(name: "PinionLinearAlgebra", targets: ["PinionLinearAlgebra"]),
    .library(name: "PinionImages", targets: ["PinionImages"]),
    // Apart, because it costs its users libcurl and libcrypto.
    .library(name: "PinionDownload", targets: ["PinionDownload"]),
    // Apart, because most programs do not need it.
    .library(name: "PinionInterchange", targets: ["PinionInterchange"]),
    // Apart, for the same reason; it opens MPI at run time.
    .library(name: "PinionDistributed", targets: ["PinionDistributed"]),
  ],
  dependencies: [
    // Command lines; no library target depends on it.
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0")
  ],
  targets: [
    .systemLibrary(
      name: "CPinionOpenBLAS", path: "Sources/COpenBLAS", pkgConfig: "openblas",
      providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(
      name: "CPinionZlib", path: "Sources/CZlib", pkgConfig: "zlib",
      providers: [.apt(["zlib1g-dev"])]),
    // Without `pkgConfig` and `providers`, here and at the other libraries that `import Pinion`
    // does without: SwiftPM evaluates those of unused targets, too, and would tell every dependent
    // to install what it does not need.
    .systemLibrary(name: "CPinionLAPACKE", path: "Sources/CLAPACKE"),
    .target(
      name: "CPinionKernels", path: "Sources/CKernels"),
    module("Tensor", ["CPinionOpenBLAS", "CPinionKernels"]),
    module("Data", ["PinionTensor", "CPinionKernels", "CPinionZlib"]),
    module("Metrics", ["PinionTensor"]),
    module("Optimizers", ["PinionTensor", "CPinionKernels"]),
    module(
      "Visualization", ["PinionTensor", "PinionData", "PinionMetrics", "CPinionZlib"]),
    module("Layers", ["PinionTensor", "CPinionKernels"]),
    module(
      "Training",
      [
        "PinionTensor", "PinionData", "PinionMetrics", "PinionOptimizers", "PinionLayers",
        "CPinionZlib",
      ]),
    module(
      "Report",
      [
        "PinionTensor", "PinionData", "PinionMetrics", "PinionVisualization", "PinionLayers",
        "PinionTraining",
      ]),
    .target(
      name: "Pinion",
      dependencies: umbrella.dropFirst().map { .byName(name: $0) },
      path: "Sources/Pinion", swiftSettings: settings),
    module("LinearAlgebra", ["PinionTensor", "PinionData", "CPinionLAPACKE"]),
    // Digests of files: of downloads, and of what the examples trained. Not in reach of `import
    // Pinion`.
    .systemLibrary(name: "CPinionCrypto", path: "Sources/CCrypto"),
    module("Digest", ["CPinionCrypto"]),
    // Beside the umbrella: HTTP by the system's libcurl. FoundationNetworking, which carries
    // another libcurl, traps on answers that are cut or huge, and cannot be told to stop;
    // AsyncHTTPClient takes minutes to build.
    .systemLibrary(name: "CPinionCurl", path: "Sources/CCurl"),
    // Opens MPI's library by `dlopen`, whose handles differ between implementations.
    .target(
      name: "CPinionMPI", path: "Sources/CMPI",
      linkerSettings: [.linkedLibrary("dl", .when(platforms: [.linux]))]),
    module("Distributed", ["PinionTensor", "CPinionMPI"]),
    module("Download", ["PinionTensor", "PinionData", "PinionDigest", "CPinionCurl"]),
    // libpng and libjpeg, which need setjmp. By name, not as system libraries with `pkgConfig`: see
    // above.
    .target(
      name: "CPinionImageCodecs", path: "Sources/CImageCodecs",
      linkerSettings: [.linkedLibrary("png"), .linkedLibrary("jpeg")]),
    module("Images", ["PinionTensor", "PinionData", "CPinionImageCodecs"]),
    // Files of other libraries. Needs no library beyond those of the umbrella.
    module(
      "Interchange",
      [
        "PinionTensor", "PinionData", "PinionMetrics", "PinionOptimizers", "PinionVisualization",
        "PinionLayers", "PinionTraining", "CPinionZlib",
      ]),
    // What several programs read from their command lines.
    .target(
      name: "CommandArguments",
      dependencies: [
        "Pinion",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Tools/Arguments", swiftSettings: settings),
    .executableTarget(
      name: "pinion-datasets",
      dependencies: [
        "Pinion", "PinionDownload", "CommandArguments",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Tools/Datasets", swiftSettings: settings),
    // What the examples share: options, training, results.
    .target(
      name: "ExampleSupport",
      dependencies: [
        "Pinion", "PinionDigest", "PinionDistributed", "CommandArguments", "ExampleNetworks",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Examples/Support", swiftSettings: settings),
    // The examples' networks with their settings; the benchmarks measure the report's.
    .target(
      name: "ExampleNetworks",
      dependencies: [
        "Pinion", "CommandArguments",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Examples/Networks", swiftSettings: settings),
    // Networks of the literature.
    .target(
      name: "NetworkZoo", dependencies: ["Pinion"], path: "Examples/Zoo", swiftSettings: settings),
    example("fashion-mnist", path: "Examples/FashionMNIST"),
    example("cifar10", path: "Examples/CIFAR10"),
    example("cifar100", path: "Examples/CIFAR100"),
    // Whitens by LAPACKE, which the others do without.
    .executableTarget(
      name: "cifar10-speedrun",
      dependencies: [
        "Pinion", "PinionLinearAlgebra", "CommandArguments", "ExampleNetworks", "ExampleSupport",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Examples/Speedrun", swiftSettings: settings),
    // Pages that compare runs.
    .executableTarget(
      name: "pinion-report",
      dependencies: [
        "PinionReport", "PinionTensor", "CommandArguments",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Tools/Report", swiftSettings: settings),
    // Networks between our files and those of other libraries.
    .executableTarget(
      name: "pinion-convert",
      dependencies: [
        "Pinion", "PinionInterchange", "CommandArguments",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Tools/Convert", swiftSettings: settings),
    .target(
      name: "CPinionPeak", dependencies: ["CPinionKernels"], path: "Benchmarks/Peak"),
    // What the benchmarks share: a stopwatch, rates, tables, matrix products.
    .target(
      name: "BenchmarkSupport", dependencies: ["PinionTensor"], path: "Benchmarks/Support",
      swiftSettings: settings),
    // The networks that the benchmarks measure.
    .target(
      name: "BenchmarkNetworks",
      dependencies: [
        "Pinion", "ExampleNetworks", "NetworkZoo",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Benchmarks/Networks", swiftSettings: settings),
    .executableTarget(
      name: "gemm-benchmark",
      dependencies: [
        "PinionTensor", "CPinionPeak", "BenchmarkSupport", "CommandArguments",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Benchmarks/GEMM", swiftSettings: settings),
    .executableTarget(
      name: "linalg-benchmark",
      dependencies: [
        "PinionTensor", "PinionLinearAlgebra", "BenchmarkSupport", "CommandArguments",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Benchmarks/LinearAlgebra", swiftSettings: settings),
    .executableTarget(
      name: "tensor-benchmark",
      dependencies: [
        "PinionTensor", "BenchmarkSupport", "CommandArguments",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Benchmarks/Tensor", swiftSettings: settings),
    .executableTarget(
      name: "layer-benchmark",
      dependencies: [
        "PinionTensor", "PinionLayers", "BenchmarkSupport", "BenchmarkNetworks", "CommandArguments",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Benchmarks/Layer", swiftSettings: settings),
    .executableTarget(
      name: "train-benchmark",
      dependencies: [
        "Pinion", "BenchmarkSupport", "BenchmarkNetworks", "CommandArguments", "ExampleSupport",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Benchmarks/Train", swiftSettings: settings),
    // Started by mpirun.
    .executableTarget(
      name: "exchange-benchmark", dependencies: ["PinionTensor", "PinionDistributed"],
      path: "Benchmarks/Exchange", swiftSettings: settings),
    .target(
      name: "PinionTestSupport", dependencies: ["CPinionZlib"], path: "Tests/Support",
      swiftSettings: settings),
    tests("Tensor", ["PinionTensor"]),
    tests("Data", ["PinionData", "PinionTensor"]),
    tests("Metrics", ["PinionMetrics", "PinionTensor"]),
    tests("Optimizers", ["PinionOptimizers", "PinionTensor"]),
    // The table of layers with which all of them are tested.
    .target(
      name: "LayerCases", dependencies: ["PinionLayers", "PinionTensor"], path: "Tests/LayerCases",
      swiftSettings: settings),
    tests("Layers", ["LayerCases", "PinionLayers", "PinionTensor"]),
    tests("Training", ["Pinion"]),
    tests("Digest", ["PinionDigest"]),
    tests("Distributed", ["PinionDistributed", "RandomNetworks", "Pinion"]),
    tests("LinearAlgebra", ["PinionLinearAlgebra", "PinionData", "PinionTensor"]),
    // Counts allocations, in a process of its own, for all of a process's threads are counted.
    .target(name: "AllocationCounter", path: "Tests/AllocationCounter"),
    .executableTarget(
      name: "allocation-probe", dependencies: ["AllocationCounter", "ExampleNetworks", "Pinion"],
      path: "Tests/AllocationProbe", swiftSettings: settings),
    // Networks made at random, their reference in plain loops, and a program that runs any number
    // of them, and exports them and the table of layers for Keras.
    .target(
      name: "RandomNetworks",
      dependencies: [
        "PinionTensor", "PinionData", "PinionOptimizers", "PinionLayers", "PinionTraining",
      ],
      path: "Tests/RandomNetworks", swiftSettings: settings),
    .executableTarget(
      name: "random-networks",
      dependencies: [
        "RandomNetworks", "LayerCases", "PinionTensor", "PinionOptimizers", "PinionLayers",
        "PinionTraining", "PinionInterchange",
      ],
      path: "Tests/RandomNetworksProbe", swiftSettings: settings),
    tests(
      "RandomNetworks",
      [
        "RandomNetworks", "PinionTensor", "PinionData", "PinionOptimizers", "PinionLayers",
        "PinionTraining",
      ]),
    tests(
      "Examples",
      [
        "CommandArguments", "ExampleNetworks", "ExampleSupport", "fashion-mnist",
        "cifar10-speedrun", "pinion-report", "allocation-probe", "Pinion",
      ]),
    tests("Zoo", ["NetworkZoo", "Pinion"]),
    // Reads one file, in a process of its own, for the peak of a process's memory never falls.
    .executableTarget(
      name: "file-probe", dependencies: ["Pinion", "PinionTestSupport"], path: "Tests/FileProbe",
      swiftSettings: settings),
    // Functions for files in front of the C library's, that fail and record; a program with them.
    .target(name: "FileFaults", path: "Tests/FileFaults"),
    .executableTarget(
      name: "fault-probe", dependencies: ["FileFaults", "Pinion", "PinionTestSupport"],
      path: "Tests/FaultProbe",
      swiftSettings: settings),
    tests("Files", ["file-probe", "fault-probe", "Pinion"]),
    // Networks of all layers, for files of other libraries.
    .target(
      name: "InterchangeNetworks",
      dependencies: ["NetworkZoo", "ExampleNetworks", "RandomNetworks", "Pinion"],
      path: "Tests/InterchangeNetworks", swiftSettings: settings),
    // Every reader of files, for the fuzzer (`make fuzz`) and for tests of broken files.
    .target(
      name: "FuzzReaders",
      dependencies: [
        "Pinion", "PinionDownload", "PinionImages", "PinionInterchange", "PinionTestSupport",
        "InterchangeNetworks", "JPEGEncoder", "CPinionZlib",
      ],
      path: "Tests/Fuzz/Readers", swiftSettings: settings),
    .executableTarget(
      name: "pinion-fuzz", dependencies: ["FuzzReaders"], path: "Tests/Fuzz/Driver"),
    tests("Fuzz", ["FuzzReaders", "Pinion"]),
    // They start the programs, which the dependencies have built.
    tests("Benchmarks", ["train-benchmark", "layer-benchmark", "BenchmarkNetworks", "Pinion"]),
    tests(
      "Download",
      [
        "PinionDownload", "PinionData", "PinionDigest", "PinionTensor", "pinion-datasets",
      ]),
    .target(
      name: "JPEGEncoder", path: "Tests/JPEGEncoder", linkerSettings: [.linkedLibrary("jpeg")]),
    tests(
      "Images",
      ["PinionImages", "PinionData", "PinionTensor", "JPEGEncoder", "CPinionZlib"]),
    tests(
      "Interchange",
      [
        "PinionInterchange", "InterchangeNetworks", "NetworkZoo", "ExampleNetworks",
        "RandomNetworks", "Pinion", "CPinionZlib", "pinion-convert",
      ]),
    // Synthetic images and results, and what checks drawings of them.
    .target(
      name: "VisualizationTestSupport",
      dependencies: [
        "PinionVisualization", "PinionData", "PinionMetrics", "PinionTensor", "CPinionZlib",
      ],
      path: "Tests/VisualizationSupport", swiftSettings: settings),
    tests(
      "Visualization",
      [
        "PinionVisualization", "PinionData", "PinionMetrics", "PinionTensor",
        "VisualizationTestSupport",
      ]),
    tests("Report", ["Pinion", "VisualizationTestSupport"]),
  ],
  swiftLanguageModes: [.v6]
)

// A target is compiled again when the module file of a dependency that it names has changed. That
// of the umbrella, which only re-exports, never does, whatever changes beneath it. So a target
// names every library module that it reaches, and a changed struct never meets code that was
// compiled for its old layout.
let targets = Dictionary(uniqueKeysWithValues: package.targets.map { ($0.name, $0) })
for target in package.targets {
  var named = target.dependencies.compactMap(targetName)
  var next = 0
  while next < named.count {
    let further = targets[named[next]]?.dependencies.compactMap(targetName) ?? []
    named += further.filter { !named.contains($0) }
    next += 1
  }
  let direct = Set(target.dependencies.compactMap(targetName))
  target.dependencies += named.filter { $0.hasPrefix("Pinion") && !direct.contains($0) }
    .map { .byName(name: $0) }
}

/// The name of a dependency on a target of this package.
func targetName(_ dependency: Target.Dependency) -> String? {
  if case .byNameItem(let name, _) = dependency { name } else { nil }
}
