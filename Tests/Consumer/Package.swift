// swift-tools-version: 6.1
import PackageDescription

// A package as a user of Pinion writes it: no flags, no environment variables. It also depends on
// swift-metrics, whose module is called Metrics, to see that the two live in one package graph.
let package = Package(
  name: "pinion-consumer",
  dependencies: [
    .package(name: "pinion", path: "../.."),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.5.0"),
  ],
  targets: [
    // The program in the README.
    .executableTarget(
      name: "readme", dependencies: [.product(name: "Pinion", package: "pinion")]),
    .testTarget(
      name: "ConsumerTests",
      dependencies: [
        .product(name: "Pinion", package: "pinion"),
        .product(name: "Metrics", package: "swift-metrics"),
      ]),
    // Apart, since the others need neither libpng nor libjpeg.
    .testTarget(
      name: "ConsumerImagesTests",
      dependencies: [
        .product(name: "Pinion", package: "pinion"),
        .product(name: "PinionImages", package: "pinion"),
      ]),
  ]
)
