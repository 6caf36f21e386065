import ArgumentParser
import BenchmarkNetworks
import ExampleSupport
import Foundation
import Pinion

/// Compares training from a file, of which memory need not hold all, with training from memory.
struct FilesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "files",
    abstract: "Compares training from a file with training from memory.",
    discussion: """
      Images are read one by one in random order, as CIFAR's records. With --write, first writes a \
      file of this many random ones. In a control group whose memory limit is a part of the file's \
      size, this measures training on data larger than memory.
      """)

  @Argument(help: "The network.") var network: BenchmarkNetwork
  @Option(help: "The file.", completion: .file()) var file: String
  @Option(help: "Write a file of this many images, and exit.") var write: Int?
  @Option(help: "The batch size.") var batch = 100
  @Option(help: "The number of threads.") var threads = ThreadPool.availableCores
  @OptionGroup var effort: Effort

  func validate() throws {
    guard 1...100_000 ~= batch else { throw ValidationError("--batch must be from 1 to 100000.") }
    guard 1...1_024 ~= threads else { throw ValidationError("--threads must be from 1 to 1024.") }
    guard 1...1_000_000_000 ~= write ?? 1 else {
      throw ValidationError("--write must be from 1 to 1000000000.")
    }
  }

  func run() throws {
    let graph = try network.graph
    let classes = graph.outputShape.elementCount
    let url = URL(fileURLWithPath: file)
    if let write { return try Self.write(write, graph.inputShape, classes: classes, to: url) }
    let names = (0..<classes).map { "\($0)" }
    let filed = try ImageFileDataset(
      cifarRecords: [url], imageShape: graph.inputShape, classNames: names, encoding: .oneHot)
    let loaded = try Noise.images(count: effort.images, shape: graph.inputShape, classes: classes)
    let model = try Model(graph, loss: .categoricalCrossEntropy, threads: threads)
    func rate(_ data: some Dataset) throws -> Double {
      let timer = BurstTimer(seconds: effort.seconds)
      try model.fit(data, epochs: .max, batchSize: batch, callbacks: [timer], verbose: false)
      return timer.imagesPerSecond
    }
    print("\(filed.count) images in \(file)")
    print("images per second: from the file, from memory, ratio")
    var ratios: [Double] = []
    for _ in 0..<effort.repeats {
      let rates = (try rate(filed), try rate(loaded))
      ratios.append(rates.0 / rates.1)
      print(
        rates.0.formatted(.number.precision(.fractionLength(0))),
        rates.1.formatted(.number.precision(.fractionLength(0))),
        (rates.0 / rates.1).formatted(.number.precision(.fractionLength(3))))
    }
    print(
      "median \(ratios.quantile(0.5).formatted(.number.precision(.fractionLength(3)))), most memory "
        + "\(PeakMemory.bytes >> 20) MiB")
  }

  /// Writes records of a label byte and the planes of an image.
  private static func write(_ count: Int, _ shape: Shape, classes: Int, to url: URL) throws {
    try Data().write(to: url)
    let handle = try FileHandle(forWritingTo: url)
    let stream = RandomStream(seed: 0, purpose: "records")
    let size = 1 + shape.elementCount
    for first in stride(from: 0, to: count, by: 1_000) {
      var bytes = Data()
      for record in first..<min(first + 1_000, count) {
        var generator = stream.substream(record).generator
        bytes.append(UInt8(generator.next(below: min(classes, 256))))
        while bytes.count % size != 0 {
          withUnsafeBytes(of: generator.next()) {
            bytes.append(contentsOf: $0.prefix(size - bytes.count % size))
          }
        }
      }
      try handle.write(contentsOf: bytes)
    }
    try handle.close()
  }
}
