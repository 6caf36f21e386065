import Foundation
import Pinion
import Testing

@testable import PinionTraining

@Suite struct ModelFilesTests {
  private let folder = TemporaryFolder()
  private var file: URL { folder.url.appending(path: "a.safetensors") }

  private func trained() throws -> Model {
    let model = try Model(Samples.personal(), optimizer: Nadam(), seed: 3, threads: 1)
    try model.fit(Samples.images(40), epochs: 2, batchSize: 16, verbose: false)
    return model
  }

  private func entries(of model: Model) -> [SafeTensors.Entry] {
    model.weights.entries.map {
      SafeTensors.Entry(name: $0.name, shape: $0.shape, elements: model.weights.view(of: $0))
    }
  }

  /// Expects an error that names a place, and weights untouched.
  private func expectRefusal(
    _ model: Model, place: String, says: String, _ comment: Comment? = nil
  ) throws {
    let before = model.bits
    let error = #expect(throws: FileError.self, comment) { try model.loadWeights(from: file) }
    #expect(error?.file == file.path)
    #expect(error?.place == place, comment)
    #expect(error?.description.contains(says) == true, comment)
    #expect(model.bits == before)
  }

  @Test func aModelComesBackInBits() throws {
    let model = try trained()
    let data = try Samples.images(30)
    let expected = try model.predict(data)
    try model.saveWeights(to: file)
    let loaded = try Model(contentsOf: file)
    #expect(loaded.graph == model.graph)
    #expect(loaded.bits == model.bits)
    #expect(try loaded.predict(data) == expected)
    let other = try Model(Samples.personal(), seed: 9, threads: 1)
    try other.loadWeights(from: file)
    #expect(other.bits == model.bits)
    #expect(try other.predict(data) == expected)
    let again = folder.url.appending(path: "b.safetensors")
    try loaded.saveWeights(to: again)
    #expect(try Data(contentsOf: again) == Data(contentsOf: file))
  }

  @Test func anybodysFileOfTheRightTensorsWillDo() throws {
    let model = try trained()
    try SafeTensors.write(entries(of: model).reversed(), to: file)
    let other = try Model(Samples.personal(), threads: 1)
    try other.loadWeights(from: file)
    #expect(other.bits == model.bits)
    let error = #expect(throws: FileError.self) { try Model(contentsOf: file) }
    #expect(error?.place == "metadata \"pinion.graph\"")
  }

  /// With a variance that is none, or a weight that is no number, predictions would be NaN without
  /// a word.
  @Test(
    arguments: [
      ("batch_normalization/moving_variance", .nan), ("batch_normalization/moving_variance", -1e-6),
      ("batch_normalization_2/moving_variance", .infinity),
      ("batch_normalization_1/moving_mean", .nan), ("batch_normalization/gamma", .infinity),
      ("batch_normalization_2/moving_mean", -.infinity),
      ("conv2d/kernel", .nan), ("dense_1/bias", -.infinity),
    ] as [(String, Float)])
  func numbersThatPredictNothingAreNamed(tensor: String, value: Float) throws {
    let model = try trained()
    let view = try #require(model.weights[tensor])
    let place = view.count - 1
    view[place] = value
    try model.saveWeights(to: file)
    let other = try Model(Samples.personal(), threads: 1)
    let says = "a finite number" + (tensor.hasSuffix("variance") ? ", not negative" : "")
    try expectRefusal(
      other, place: "tensor \"\(tensor)\", element \(place)", says: says)
    try expectRefusal(
      other, place: "tensor \"\(tensor)\", element \(place)", says: "\(value)")
    #expect(throws: FileError.self) { try Model(contentsOf: file) }
    #expect(throws: FileError.self) { try Predictor(contentsOf: file) }
  }

  @Test func aVarianceOfZeroAndANegativeWeightAreRead() throws {
    let model = try trained()
    try #require(model.weights["batch_normalization/moving_variance"])[0] = 0
    try #require(model.weights["batch_normalization/gamma"])[0] = -3
    try model.saveWeights(to: file)
    #expect(try Model(contentsOf: file).bits == model.bits)
  }

  @Test func aMissingTensorIsNamed() throws {
    let model = try trained()
    try SafeTensors.write(entries(of: model).filter { $0.name != "dense/bias" }, to: file)
    try expectRefusal(model, place: "tensor \"dense/bias\"", says: "no such tensor")
  }

  @Test func aTensorTooManyIsNamed() throws {
    let model = try trained()
    let extra = AlignedBuffer(count: 2)
    try SafeTensors.write(
      entries(of: model) + [.init(name: "more", shape: [2], elements: extra.view)], to: file)
    try expectRefusal(model, place: "tensor \"more\"", says: "another one")
  }

  @Test func tensorsTooManyAreLeftAsideIfAsked() throws {
    let model = try trained()
    let data = try Samples.images(10)
    let expected = try model.predict(data)
    let configuration = String(decoding: try model.graph.configuration(), as: UTF8.self)
    let extra = AlignedBuffer(count: 2)
    try SafeTensors.write(
      entries(of: model) + [.init(name: "more", shape: [2], elements: extra.view)],
      metadata: ["pinion.graph": configuration], to: file)
    let error = #expect(throws: FileError.self) { try Model(contentsOf: file) }
    #expect(error?.expected.contains("ignoringExtra: true") == true)
    #expect(throws: FileError.self) { try Predictor(contentsOf: file) }
    #expect(try Model(contentsOf: file, ignoringExtra: true).predict(data) == expected)
    #expect(try Predictor(contentsOf: file, ignoringExtra: true).graph == model.graph)
    let other = try Model(Samples.personal(), seed: 9, threads: 1)
    try other.loadWeights(from: file, ignoringExtra: true)
    #expect(other.bits == model.bits)
    // A missing one is missing all the same.
    try SafeTensors.write(
      entries(of: model).dropLast() + [.init(name: "more", shape: [2], elements: extra.view)],
      to: file)
    #expect(throws: FileError.self) { try other.loadWeights(from: file, ignoringExtra: true) }
  }

  @Test func anotherShapeIsNamed() throws {
    let model = try trained()
    // As many elements, in another shape.
    try SafeTensors.write(
      entries(of: model).map {
        $0.name == "dense/kernel"
          ? .init(name: $0.name, shape: Shape($0.shape.reversed()), elements: $0.elements) : $0
      }, to: file)
    try expectRefusal(model, place: "tensor \"dense/kernel\"", says: "shape (8, 16)")
  }

  @Test func anotherNumberFormatIsNamed() throws {
    let model = try Model(Samples.line(), threads: 1)
    let header =
      #"{"dense/kernel":{"dtype":"F8_E4M3","shape":[1,1],"data_offsets":[0,1]},"dense/bias":{"dtype":"F32","shape":[1],"data_offsets":[1,5]}}"#
    let length = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian, Array.init)
    try Data(length + Array(header.utf8) + [UInt8](repeating: 0, count: 5)).write(to: file)
    try expectRefusal(model, place: "tensor \"dense/kernel\": dtype", says: "F8_E4M3")
  }

  @Test func aLaterFormatIsRefused() throws {
    let model = try trained()
    try SafeTensors.write(entries(of: model), metadata: ["pinion.format": "2"], to: file)
    try expectRefusal(model, place: "metadata \"pinion.format\"", says: "2")
    #expect(throws: FileError.self) { try Model(contentsOf: file) }
  }

  @Test func aFileThatIsNotThereOrNoFileIsAnError() throws {
    let model = try trained()
    try expectRefusal(model, place: "opening", says: "No such file")
    #expect(throws: FileError.self) { try model.loadWeights(from: folder.url) }
    #expect(throws: FileError.self) { try Model(contentsOf: folder.url) }
  }

  /// Configurations that no model of ours would write.
  static let configurations: [(text: String, says: String)] = [
    ("", "configuration"), ("{}", "configuration"), ("[1]", "configuration"),
    (Self.graph(format: 3), "format 2 expected, 3 found"),
    (Self.graph(inputShape: "[]", layers: ""), "at least one layer"),
    (Self.graph(inputShape: "[0]"), "input shape"),
    (Self.graph(inputShape: "[-3]"), "input shape"),
    (Self.graph(inputShape: "[9223372036854775807,3]"), "input shape"),
    (Self.graph(name: ""), "name"), (Self.graph(name: "a/b"), "name"),
    (Self.graph(inputs: "[]"), "takes values []"),
    (Self.graph(inputs: "[1]"), "takes values [1]"),
    (Self.graph(inputs: "[-1]"), "takes values [-1]"),
    (Self.graph(inputs: "[0,0]"), "takes 1 input(s)"),
    (Self.graph(type: "Rocket"), "Rocket"),
    (Self.graph(type: "ReLU"), "kind"),
    (Self.graph(layers: Self.layer() + "," + Self.layer()), "two layers or values are called"),
    (Self.graph(units: "-1"), "units"), (Self.graph(units: "1.5"), "configuration"),
    (Self.graph(units: "9223372036854775807"), "at most 2147483647"),
    (Self.graph(units: "1000000000000000000000"), "configuration"),
    (Self.graph(scale: "-1"), "scale"), (Self.graph(scale: "0"), "scale"),
    (
      Self.graph(
        inputShape: "[4,4,1]", type: "MaxPooling2D",
        configuration:
          #"{"pool":{"height":9223372036854775807,"width":2},"stride":{"height":1,"width":1},"padding":"same"}"#
      ), "at most"
    ),
    (
      Self.graph(
        inputShape: "[4,4,1]", type: "MaxPooling2D",
        configuration:
          #"{"pool":{"height":2,"width":2},"stride":{"height":9223372036854775807,"width":1},"padding":"same"}"#
      ), "at most"
    ),
    (
      Self.graph(
        inputShape: "[4,4,1]", type: "BatchNormalization",
        configuration:
          #"{"axis":-9223372036854775808,"momentum":0.9,"epsilon":0.1,"center":true,"scale":true}"#),
      "axis"
    ),
    // Sound, but of another network than the file's tensors.
    (Self.graph(units: "5"), "shape"), (Self.graph(name: "other"), "no such tensor"),
    // More than any memory holds, had it been asked for.
    (Self.graph(units: "300000000000"), "shape"),
  ]

  private static func layer(
    name: String = "dense", type: String = "Dense", units: String = "1", scale: String = "1",
    inputs: String = "[0]", configuration: String? = nil
  ) -> String {
    let dense =
      #"{"units":\#(units),"usesBias":true,"activation":{"type":"Linear","configuration":{}},"biasInitializer":{"type":"ConstantInitializer","configuration":{"value":0}},"kernelInitializer":{"type":"VarianceScaling","configuration":{"scale":\#(scale),"mode":"fanAverage","distribution":"uniform"}}}"#
    return
      #"{"name":"\#(name)","inputs":\#(inputs),"layer":{"type":"\#(type)","configuration":\#(configuration ?? dense)}}"#
  }

  private static func graph(
    format: Int = 1, inputShape: String = "[1]", name: String = "dense", type: String = "Dense",
    units: String = "1", scale: String = "1", inputs: String = "[0]", configuration: String? = nil,
    layers: String? = nil
  ) -> String {
    let one = layer(
      name: name, type: type, units: units, scale: scale, inputs: inputs,
      configuration: configuration)
    return
      #"{"format":\#(format),"name":"model","inputShape":\#(inputShape),"layers":[\#(layers ?? one)]}"#
  }

  @Test(arguments: configurations.indices)
  func aBrokenConfigurationIsAnError(index: Int) throws {
    let (text, says) = Self.configurations[index]
    let model = try Model(Samples.line(), threads: 1)
    try SafeTensors.write(entries(of: model), metadata: ["pinion.graph": text], to: file)
    do {
      _ = try Model(contentsOf: file)
      Issue.record("loaded \(text)")
    } catch let error as GraphError {
      #expect(error.description.contains(says))
    } catch let error as FileError {
      #expect(error.file == file.path)
      #expect(error.description.contains(says))
    }
    // The weights alone are sound.
    try model.loadWeights(from: file)
  }

  @Test func theConfigurationOfTheTestsIsSound() throws {
    let model = try Model(Samples.line(), threads: 1)
    try SafeTensors.write(
      entries(of: model), metadata: ["pinion.graph": Self.graph()], to: file)
    #expect(try Model(contentsOf: file).bits == model.bits)
  }
}
