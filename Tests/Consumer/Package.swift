// swift-tools-version: 6.1
import PackageDescription

// A package that uses Pinion like any other: without flags or environment variables. It also
// depends on swift-metrics to verify that its module Metrics can be in the same package graph.
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
        .product(name: "PinionInterchange", package: "pinion"),
        .product(name: "PinionDistributed", package: "pinion"),
        .product(name: "Metrics", package: "swift-metrics"),
      ]),
    // The program in Documentation/FineTuning.md. It and its tests are separate, because the other
    // targets require neither libpng nor libjpeg.
    .executableTarget(
      name: "photographs",
      dependencies: [
        .product(name: "Pinion", package: "pinion"),
        .product(name: "PinionImages", package: "pinion"),
      ]),
    .testTarget(
      name: "ConsumerImagesTests",
      dependencies: [
        "photographs",
        .product(name: "Pinion", package: "pinion"),
        .product(name: "PinionImages", package: "pinion"),
      ]),
  ]
)
