internal import ArgumentParser
internal import CommandArguments
internal import Foundation
internal import Pinion
internal import PinionTensor

/// Converts networks between the files of Pinion and those of other libraries.
@main
struct PinionConvertCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pinion-convert",
    abstract: "Convert networks between the files of Pinion and of other libraries.",
    discussion: """
      The formats follow from the names of the files:

      \(ConvertedFile.help)

      Files of weights alone need the network that they belong to: --network names a file of it.
      """)

  @Argument(help: "The file to read.", completion: .file())
  var input: String

  @Argument(help: "The file to write.", completion: .file())
  var output: String

  @Option(help: "A .safetensors, .onnx or .keras file of the network, for weights alone.")
  var network: String?

  @Flag(
    help: """
      Read the output again and compare predictions for random inputs, those of ONNX Runtime as \
      well if python3 has it.
      """)
  var check = false

  @Option(help: "The seed of the inputs of --check.")
  var seed: UInt64 = 0

  func validate() throws { try CommandLineEncoding.validate() }

  static func main() { Program.run(Self.self) }

  func run() throws {
    let (source, target) = (try ConvertedFile(input), try ConvertedFile(output))
    try target.checkWritable()
    try checkDistinct()
    let reading = try source.read(network: network.map { try ConvertedFile($0) })
    try target.write(reading.network)
    print(ConversionTable(reading, output: target).description)
    print("Written to \(PrintableText.escaped(output))")
    guard check else { return }
    try ConversionCheck(reading.network, seed: seed).run(target)
  }

  /// Throws `FileError` if the output would replace a file that is read: it may hold more than what
  /// is written, such as the state of an optimizer.
  private func checkDistinct() throws {
    func resolved(_ path: String) -> String {
      URL(filePath: path).resolvingSymlinksInPath().path
    }
    guard
      let same = [input, network].compactMap(\.self).first(where: {
        resolved($0) == resolved(output)
      })
    else { return }
    throw FileError(
      file: output, place: "name", expected: "another file than those that are read",
      found: "the file \(same)")
  }
}
