import Foundation
import Pinion
import Testing

@testable import PinionTraining

/// Checkpoints that are damaged, or say what no run can have left: each is refused before anything
/// is changed.
@Suite struct DamagedCheckpointTests {
  private let folder = TemporaryFolder()
  private var file: URL { folder.url.appending(path: "checkpoint.safetensors") }
  private var csv: URL { folder.url.appending(path: "history.csv") }

  private func model() throws -> Model {
    try Model(
      Sequential(input: [1]) { Dense(2, activation: .softmax) }, optimizer: Nadam(), seed: 3,
      threads: 1)
  }

  private func data() throws -> ArrayDataset {
    try ArrayDataset(
      inputs: (0..<6).map { [Float($0)] }, inputShape: [1], labels: [0, 1, 0, 1, 0, 1], classes: 2)
  }

  /// Two epochs of two batches, or what follows them.
  @discardableResult
  private func train(
    _ model: Model, epochs: Int = 2, interruption: Int? = nil,
    onReadFailure: ReadFailurePolicy = .stop
  ) throws -> History {
    var batches = 0
    let data = try data()
    return try model.fit(
      data, validation: data, epochs: epochs, batchSize: 4, onReadFailure: onReadFailure,
      callbacks: [
        EarlyStopping(patience: 9, restoreBestWeights: true), ReduceLROnPlateau(cooldown: 3),
        CSVLogger(csv),
        ClosureCallback(batchDidEnd: { _, _, run in
          batches += 1
          if batches == interruption { run.interrupt() }
        }),
      ], checkpointing: Checkpointing(to: file, resumes: true), verbose: false)
  }

  /// What a checkpoint holds, to be changed and written with a checksum that is right.
  private func contents() throws -> (
    metadata: [String: String], tensors: [(String, Shape, [Float])]
  ) {
    let source = try SafeTensorsFile(contentsOf: file)
    return (
      source.metadata,
      try source.entries.map { ($0.name, $0.shape, try source.elements(of: $0.name)) }
    )
  }

  private func write(_ metadata: [String: String], _ tensors: [(String, Shape, [Float])]) throws {
    let buffers = tensors.map { _, _, elements in
      let buffer = AlignedBuffer(count: elements.count)
      for (index, value) in elements.enumerated() { buffer.view[index] = value }
      return buffer
    }
    let entries = zip(tensors, buffers).map { tensor, buffer in
      SafeTensors.Entry(name: tensor.0, shape: tensor.1, elements: buffer.view)
    }
    try withExtendedLifetime(buffers) {
      try CheckpointFile(url: file).write(entries, metadata: metadata)
    }
  }

  /// The state of training as a tree, the states of callbacks and metrics unpacked in it.
  private func state(_ metadata: [String: String]) throws -> [String: Any] {
    let text = try #require(metadata[CheckpointFile.Keys.record])
    var tree = try #require(
      JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    let metrics: [String] = try #require(tree["metrics"] as? [String])
    let callbacks: [Any] = try #require(tree["callbacks"] as? [Any])
    tree["metrics"] = try metrics.map(unpacked)
    tree["callbacks"] = try callbacks.map { callback -> Any in
      guard var callback = callback as? [String: Any] else { return callback }
      callback["values"] = try unpacked(#require(callback["values"] as? String))
      return callback
    }
    return tree
  }

  private func unpacked(_ base64: String) throws -> Any {
    try JSONSerialization.jsonObject(
      with: #require(Data(base64Encoded: base64)), options: .fragmentsAllowed)
  }

  /// Writes a checkpoint whose state is another, with the right checksum.
  private func write(
    state: [String: Any],
    _ contents: (metadata: [String: String], tensors: [(String, Shape, [Float])])
  ) throws {
    func packed(_ tree: Any) throws -> String {
      try JSONSerialization.data(withJSONObject: tree, options: .fragmentsAllowed)
        .base64EncodedString()
    }
    var tree = state
    // A value that is not a list is not one in the file either.
    if let metrics = tree["metrics"] as? [Any] { tree["metrics"] = try metrics.map(packed) }
    let callbacks: [Any] = tree["callbacks"] as? [Any] ?? []
    tree["callbacks"] = try callbacks.map { callback -> Any in
      guard var callback = callback as? [String: Any] else { return callback }
      callback["values"] = try packed(callback["values"] ?? NSNull())
      return callback
    }
    var metadata = contents.metadata
    metadata[CheckpointFile.Keys.record] = String(
      decoding: try JSONSerialization.data(withJSONObject: tree), as: UTF8.self)
    try write(metadata, contents.tensors)
  }

  /// Expects a refusal that leaves the model and the files of callbacks as they are.
  @discardableResult
  private func expectRefusal(
    epochs: Int = 4, onReadFailure: ReadFailurePolicy = .stop,
    _ comment: @autoclosure () -> String = ""
  ) throws -> FileError? {
    let model = try model()
    let before = model.bits
    let log = try Data(contentsOf: csv)
    do {
      try train(model, epochs: epochs, onReadFailure: onReadFailure)
      Issue.record("accepted: \(comment())")
    } catch let error as FileError {
      #expect(error.file == file.path)
      #expect(model.bits == before && model.steps == 0 && model.epochsBegun == 0, "\(comment())")
      #expect(try Data(contentsOf: csv) == log, "\(comment())")
      return error
    } catch {
      Issue.record("\(error) instead of a FileError: \(comment())")
    }
    return nil
  }

  @Test func flippedBitsAreDamage() throws {
    try train(model())
    let whole = try [UInt8](Data(contentsOf: file))
    let model = try model()
    let read = try reader(model)
    try read()
    let before = model.bits
    var named = 0
    for position in whole.indices {
      // One bit of each byte, another from byte to byte, and all of them.
      for mask in [1 << UInt8(position % 8), 0xFF] as [UInt8] {
        var damaged = whole
        damaged[position] ^= mask
        try Data(damaged).write(to: file)
        do {
          try read()
          Issue.record("byte \(position) of \(whole.count), mask \(mask)")
        } catch let error as FileError {
          if error.found.contains("damaged") { named += 1 }
        }
      }
    }
    // All but those in the header's length and in the name of the checksum itself.
    #expect(named >= 2 * (whole.count - 8 - ChecksumField.key.utf8.count - 5))
    #expect(model.bits == before)
  }

  @Test func everyTruncationAndAddedBytesAreErrors() throws {
    try train(model())
    let whole = try Data(contentsOf: file)
    let model = try model()
    let read = try reader(model)
    for length in 0..<whole.count {
      try whole.prefix(length).write(to: file)
      #expect(throws: FileError.self) { try read() }
    }
    try (whole + [0]).write(to: file)
    #expect(throws: FileError.self) { try read() }
  }

  /// Reads the checkpoint as the run that it is of does before it resumes.
  private func reader(_ model: Model) throws -> () throws -> Void {
    let file = CheckpointFile(url: file)
    let configuration = try file.read().record.configuration
    model.state.beginRun(
      callbacks: [
        EarlyStopping(patience: 9, restoreBestWeights: true), ReduceLROnPlateau(cooldown: 3),
        CSVLogger(csv), ClosureCallback(),
      ])
    return {
      _ = try model.state.read(file, configuration: configuration, batchesPerEpoch: 2)
    }
  }

  @Test func whatIsNotChangedIsTakenUp() throws {
    try train(model())
    let contents = try contents()
    try write(state: state(contents.metadata), contents)
    #expect(try train(model(), epochs: 4).epochs == [0, 1, 2, 3])
  }

  /// Each number of the state at its type's limits and beyond what a run can reach.
  @Test(arguments: [nil, 3]) func numbersAtTheirLimits(interruption: Int?) throws {
    try train(model(), interruption: interruption)
    let contents = try contents()
    let tree = try state(contents.metadata)
    // Values of the losses and metrics may be any number; the others are bounded on both sides.
    let paths = Self.numbers(in: tree).filter { path in
      let free: Set = ["logs", "best", "seconds"]
      if path.contains("history") { return path.contains("epochs") }
      return free.isDisjoint(with: path) && path.last != "sum"
        && !path.contains("scalars")
    }
    #expect(paths.count > (interruption == nil ? 15 : 12))
    for path in paths {
      for value: Any in [
        Int.max, Int.min, UInt64.max, (1 << 53) + 1, 1 << 31, -1, 1e300, -0.5, NSNull(), "x", [],
      ] {
        // A rate and nothing else may be absent, and large.
        if path.last == "learningRate",
          value is NSNull || (value as? NSNumber)?.doubleValue ?? -1 >= 0
        {
          continue
        }
        // A step or an epoch may be large in a model that was trained before.
        if let count = value as? Int, count == 1 << 31,
          ["step", "epochsBegun"].contains(path.last) || path.first == "metrics"
        {
          continue
        }
        // Counts of a metric go together.
        if path.last == "bestEpoch" || path.last == "stoppedEpoch", value is NSNull { continue }
        try write(
          state: #require(Self.replacing(path[...], in: tree, by: value) as? [String: Any]),
          contents)
        try expectRefusal("\(path) = \(value)")
      }
    }
  }

  @Test func contradictionsAreRefused() throws {
    try train(model())
    let contents = try contents()
    let tree = try state(contents.metadata)
    let cases: [([String], Any, String)] = [
      (["epoch"], 1_000_000, "epoch"), (["epoch"], 1, "epoch"), (["epoch"], 3, "epoch"),
      (["history", "epochs"], [0, 2], "epoch"), (["history", "epochs"], [1, 0], "epoch"),
      (["batch"], 1, "epochsBegun"), (["batch"], 2, "batch"), (["step"], 3, "step"),
      (["epochsBegun"], 1, "epochsBegun"), (["learningRate"], -1, "learningRate"),
      (["learningRate"], "NaN", "learningRate"), (["learningRate"], "Infinity", "learningRate"),
      (["outputLosses", "0", "weight"], 5, "outputLosses"), (["outputLosses"], [], "outputLosses"),
      (["loss", "weight"], 5, "loss"), (["loss", "sum"], "NaN", "loss"),
      (["scalars"], [1, 1], "scalars"), (["scalars"], [], "scalars"),
      (["scalars"], ["NaN"], "scalars"), (["metrics"], [], "metrics"),
      (["metrics", "0", "correct"], 13, "accuracy"), (["callbacks"], [NSNull()], "callbacks"),
      (["callbacks", "0", "values", "bestEpoch"], 2, "EarlyStopping: bestEpoch"),
      (["callbacks", "0", "values", "wait"], 3, "EarlyStopping: wait"),
      (["callbacks", "0", "values", "best"], "NaN", "EarlyStopping: best"),
      (["callbacks", "0", "hasWeights"], false, "EarlyStopping: weights"),
      (["callbacks", "1", "values", "cooldownLeft"], 4, "ReduceLROnPlateau: cooldownLeft"),
      (["callbacks", "1", "values", "wait"], "x", "ReduceLROnPlateau: wait"),
      (["callbacks", "2", "values", "lines"], 7, "CSVLogger: lines"),
      (["callbacks", "0", "values"], ["a": 1], "EarlyStopping: wait"),
      (["callbacks", "0", "values"], [], "EarlyStopping"),
      (["skipped"], ["training": [2], "validation": [Int]()], "skipped training samples"),
      (["skipped"], ["training": [Int](), "validation": [6]], "skipped validation samples"),
      (["skipped"], ["training": [Int](), "validation": [1, 1]], "skipped validation samples"),
      (["skipped"], ["training": [Int](), "validation": [Int.min]], "skipped validation samples"),
      (["skipped"], ["training": [0.5], "validation": [Int]()], "pinion.state"),
      (["skipped"], ["training": "all"], "skipped"), (["skipped"], [], "skipped"),
    ]
    for (path, value, says) in cases {
      if path == ["batch"], value as? Int == 1 {
        // An epoch under way has begun.
        var changed = tree
        changed["batch"] = 1
        changed["step"] = 5
        changed["epochsBegun"] = 2
        try write(state: changed, contents)
      } else {
        try write(
          state: #require(Self.replacing(path[...], in: tree, by: value) as? [String: Any]),
          contents)
      }
      let error = try expectRefusal("\(path) = \(value)")
      #expect(
        error?.place.contains(says) == true, "\(path) = \(value): \(error?.description ?? "")")
      #expect(error?.description.contains("DecodingError") == false)
      #expect(error?.description.contains("codingPath") == false)
    }
  }

  /// Samples that a run which may skip some cannot have skipped.
  @Test func skippedSamplesAreThoseOfTheData() throws {
    try train(model(), onReadFailure: .skip(limit: 3))
    let contents = try contents()
    var tree = try state(contents.metadata)
    let cases: [(training: [Any], validation: [Any])] = [
      ([0, 1, 2, 3], []), ([2, 2], []), ([6], []), ([-1], []), ([Int.max], []), ([UInt64.max], []),
      ([Int.min], []), ([], [0, 6]), ([], [3, 3]), ([], [1e300]), ([NSNull()], []), (["0"], []),
    ]
    for (training, validation) in cases {
      tree["skipped"] = ["training": training, "validation": validation]
      try write(state: tree, contents)
      let place = try expectRefusal(
        onReadFailure: .skip(limit: 3), "\(training), \(validation)")?.place
      // The decoder does not say where a number that is no `Int` stands.
      let isInteger = (training + validation).allSatisfy { !($0 is UInt64 || $0 is Double) }
      #expect(
        place?.contains(isInteger ? "skipped" : "pinion.state") == true,
        "\(training), \(validation): \(place ?? "")")
    }
    tree["skipped"] = ["training": [0, 5, 3], "validation": [1]]
    try write(state: tree, contents)
    #expect(try train(model(), epochs: 4, onReadFailure: .skip(limit: 3)).epochs == [0, 1, 2, 3])
  }

  @Test func missingTensorsAndOtherFormatsAreNamed() throws {
    try train(model())
    let contents = try contents()
    for (index, tensor) in contents.tensors.enumerated() {
      var tensors = contents.tensors
      tensors.remove(at: index)
      try write(contents.metadata, tensors)
      #expect(try expectRefusal(tensor.0)?.place == "tensor \"\(tensor.0)\"")
    }
    var metadata = contents.metadata
    for format in ["1", "2"] {
      metadata[CheckpointFile.Keys.format] = format
      try write(metadata, contents.tensors)
      #expect(
        try expectRefusal()?.found.hasPrefix("\(format), of an earlier version of Pinion") == true)
    }
    metadata[CheckpointFile.Keys.format] = "4"
    try write(metadata, contents.tensors)
    #expect(try expectRefusal()?.found == "4")
    // Without a checksum.
    metadata = contents.metadata
    metadata[ChecksumField.key] = nil
    try SafeTensors.write([], metadata: metadata, to: file)
    #expect(try expectRefusal()?.place == "metadata \"pinion.crc32\"")
  }

  /// Outputs of other names, or none, beside the same network.
  @Test func otherOutputsAreNamed() throws {
    try train(model())
    let contents = try contents()
    let state = try state(contents.metadata)
    let configuration = try #require(state["configuration"] as? [String: Any])
    let outputs = try #require(configuration["outputs"] as? [[String: Any]])
    let own = try #require(outputs[0]["name"] as? String)
    for (changed, found) in [
      ([outputs[0].merging(["name": "other"]) { $1 }], "\"other\""), ([], "none"),
    ] {
      var tree = state
      tree["configuration"] = configuration.merging(["outputs": changed]) { $1 }
      try write(state: tree, contents)
      let error = try expectRefusal()
      #expect(error?.expected == "the outputs: \"\(own)\", as in this run")
      #expect(error?.found == "the outputs: \(found)")
    }
  }

  /// A custom callback whose state fails only when it is restored.
  @Test func aBrokenStateOfAUsersCallbackCostsNoFile() throws {
    final class Count: Callback {
      struct State: Codable { var count: Int }
      var addedLogNames: Set<String>? { [] }
      func saveState() throws -> CallbackState? { try CallbackState(State(count: 3)) }
      func restore(state: CallbackState) throws { _ = try state.decode(State.self) }
    }
    func run(_ epochs: Int) throws {
      try model().fit(
        data(), epochs: epochs, batchSize: 4, callbacks: [Count(), CSVLogger(csv)],
        checkpointing: Checkpointing(to: file, resumes: true), verbose: false)
    }
    try run(2)
    let log = try Data(contentsOf: csv)
    let contents = try contents()
    let tree = try state(contents.metadata)
    let path = ["callbacks", "0", "values", "count"]
    try write(
      state: #require(Self.replacing(path[...], in: tree, by: "many") as? [String: Any]), contents)
    let error = #expect(throws: FileError.self) { try run(3) }
    #expect(error?.place == "the state of Count: count")
    #expect(try Data(contentsOf: csv) == log)
  }

  // MARK: JSON trees

  private static func numbers(in value: Any) -> [[String]] {
    if let object = value as? [String: Any] {
      return object.keys.sorted().flatMap { key in numbers(in: object[key]!).map { [key] + $0 } }
    }
    if let list = value as? [Any] {
      return list.indices.flatMap { index in numbers(in: list[index]).map { ["\(index)"] + $0 } }
    }
    guard let number = value as? NSNumber, type(of: value) != type(of: true as Any) else {
      return []
    }
    return "\(number)" == "true" || "\(number)" == "false" ? [] : [[]]
  }

  /// The tree with another value at a path.
  private static func replacing(_ path: ArraySlice<String>, in tree: Any, by value: Any) -> Any {
    guard let key = path.first else { return value }
    let rest = path.dropFirst()
    if var object = tree as? [String: Any] {
      object[key] = replacing(rest, in: object[key] ?? NSNull(), by: value)
      return object
    }
    guard var list = tree as? [Any], let index = Int(key) else { return tree }
    list[index] = replacing(rest, in: list[index], by: value)
    return list
  }
}
