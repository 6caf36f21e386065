import FileFaults
import Foundation

/// What recorded calls leave on a disk at whose moment the power fails.
struct SimulatedFolder {
  enum Loss: CaseIterable {
    /// The process is killed.
    case nothing
    /// Contents that were not synced.
    case contents
    /// Contents and names that were not synced.
    case contentsAndNames
  }

  private let root: String
  /// By inode number.
  private var contents: [UInt64: [UInt8]] = [:]
  private var syncedContents: [UInt64: [UInt8]] = [:]
  /// By path.
  private var names: [String: UInt64] = [:]
  private var syncedNames: [String: UInt64] = [:]
  private var folders: Set<String> = []
  private var syncedFolders: Set<String> = []
  /// What each file held when it got its name.
  private(set) var versions: [String: Set<[UInt8]>] = [:]

  init(root: String) { self.root = root }

  mutating func apply(_ record: fault_record) {
    let file = UInt64(record.file)
    let path = record.path.map { String(cString: $0) } ?? ""
    switch record.kind {
    case record_create:
      (contents[file], syncedContents[file]) = ([], nil)
      if record.path != nil { names[path] = file }
    case record_write:
      var bytes = contents[file] ?? []
      let offset = Int(record.offset)
      if bytes.count < offset + record.count {
        bytes += [UInt8](repeating: 0, count: offset + record.count - bytes.count)
      }
      bytes.replaceSubrange(
        offset..<offset + record.count,
        with: UnsafeBufferPointer(start: record.bytes, count: record.count))
      contents[file] = bytes
    case record_truncate:
      let bytes = contents[file] ?? []
      contents[file] = Array(bytes.prefix(Int(record.offset)))
    case record_sync where contents[file] != nil: syncedContents[file] = contents[file]
    case record_sync: sync(folder: path)
    case record_link: names[path] = file
    case record_rename:
      let to = String(cString: record.to)
      names[to] = names.removeValue(forKey: path)
      if let named = names[to], let bytes = contents[named] {
        versions[relative(to), default: []].insert(bytes)
      }
    case record_unlink: names[path] = nil
    case record_mkdir: folders.insert(path)
    default: fatalError("an unknown record")
    }
  }

  private mutating func sync(folder: String) {
    let folder = folder.hasSuffix("/") ? String(folder.dropLast()) : folder
    func isInside(_ path: String) -> Bool {
      path.hasPrefix(folder + "/") && !path.dropFirst(folder.count + 1).contains("/")
    }
    for path in syncedNames.keys where isInside(path) { syncedNames[path] = nil }
    for (path, file) in names where isInside(path) { syncedNames[path] = file }
    for path in folders where isInside(path) { syncedFolders.insert(path) }
  }

  private func relative(_ path: String) -> String { String(path.dropFirst(root.count + 1)) }

  /// The files after a loss, by relative path.
  func files(after loss: Loss) -> [String: [UInt8]] {
    let (names, folders) =
      loss == .contentsAndNames ? (syncedNames, syncedFolders) : (self.names, self.folders)
    var files: [String: [UInt8]] = [:]
    for (path, file) in names where !path.hasSuffix(".lock") {
      let parent = String(path[..<path.lastIndex(of: "/")!])
      guard parent == root || folders.contains(parent) else { continue }
      files[relative(path)] =
        loss == .nothing ? contents[file] ?? [] : syncedContents[file] ?? []
    }
    return files
  }
}
