public import PinionLayers
public import PinionTensor

extension Network {
  /// Writes the parameters to a `.weights.h5` file of Keras 3, atomically, for
  /// `model.load_weights(file)` of the same network in Keras.
  ///
  /// Layers are those of the same class and place. Throws `FileError` if the graph has nested
  /// graphs, or the file cannot be written.
  public func saveKerasWeights(to file: some FileLocation) throws {
    let paths = try kerasPaths(file.filePath)
    let writer = HDF5Writer()
    for entry in weights.entries {
      writer.add(paths[entry.name] ?? [entry.name], entry.shape, weights.view(of: entry))
    }
    try AtomicFile.write(to: file.fileURL) { file in
      var writer = writer
      try writer.write(to: file)
    }
  }

  /// Sets the parameters to those of a `.weights.h5` or a `.keras` file of Keras 3 with the same
  /// network.
  ///
  /// Layers are those of the same class and place; those of Keras that Pinion does not have as
  /// layers, such as `LeakyReLU`, do not matter. Other arrays are ignored.
  ///
  /// Throws `FileError` if the graph has nested graphs, the file is invalid, lacks a parameter, has
  /// it with another shape or with an invalid number; the network is unchanged then.
  public func loadKerasWeights(from file: some FileLocation) throws {
    let paths = try kerasPaths(file.filePath)
    let source = try Self.kerasWeights(FileReader(file.fileURL))
    let copy = Weights(copying: weights)
    for entry in copy.entries {
      let path = (paths[entry.name] ?? []).joined(separator: "/")
      let found = source.entries[path]
      guard let found, found.shape == entry.shape else {
        throw FileError(
          file: file.filePath, place: "array \(path.debugDescription)",
          expected: "shape \(entry.shape) of \(entry.name)",
          found: found.map { "shape \($0.shape)" } ?? "no such array")
      }
      let target = copy.view(of: entry)
      try source.read(path, found, into: target)
      if let flaw = Weights.flaw(in: target, of: entry) {
        throw FileError(
          file: file.filePath, place: "array \(path.debugDescription), element \(flaw.place)",
          expected: flaw.expected, found: "\(flaw.value)")
      }
    }
    weights.copy(from: copy)
  }

  private func kerasPaths(_ file: String) throws -> [String: [String]] {
    guard graph.groups.isEmpty else {
      throw FileError(
        file: file, place: "network", expected: "a graph without nested graphs",
        found: "\(graph.groups.count)")
    }
    return KerasPaths(graph).paths
  }

  /// The HDF5 file, or that in the zip file, whose checksum is compared.
  private static func kerasWeights(_ reader: FileReader) throws -> HDF5File {
    let start = try reader.bytes(0..<min(4, reader.size), place: "start of the file")
    guard start == [0x50, 0x4b, 3, 4] else { return try HDF5File(reader, in: 0..<reader.size) }
    let archive = try ZipArchive(reader)
    let name = "model.weights.h5"
    guard let entry = archive.entry(named: name), !entry.isDeflated else {
      throw FileError(
        file: reader.file, place: "members", expected: "\(name), stored",
        found: archive.entry(named: name) == nil ? "none" : "a deflated one")
    }
    let source = try ZipSource(archive, entry)
    while source.position < source.size {
      _ = try source.bytes(min(1 << 20, source.size - source.position), place: name)
    }
    return try HDF5File(reader, in: archive.range(of: entry))
  }
}
