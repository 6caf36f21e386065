package import FoundationEssentials

/// Where downloaded data sets lie, each in a subfolder.
package enum DatasetCache {
  /// `pinion` in `$XDG_CACHE_HOME` or else in `~/.cache`; nil if neither has an absolute path.
  package static func folder(environment: [String: String]) -> URL? {
    func path(_ name: String) -> URL? {
      guard let value = environment[name], value.hasPrefix("/") else { return nil }
      return URL(filePath: value, directoryHint: .isDirectory)
    }
    let cache = path("XDG_CACHE_HOME") ?? path("HOME")?.appending(path: ".cache")
    return cache?.appending(path: "pinion", directoryHint: .isDirectory)
  }
}
