#ifndef PINION_CURL_SHIM_H
#define PINION_CURL_SHIM_H

// Plain functions, not macros that check types: the wrappers below have one type each.
#define CURL_DISABLE_TYPECHECK 1
#include <curl/curl.h>

// Swift cannot call a function with a variable list of arguments: one wrapper for each type of
// option.

static inline CURLcode pinion_curl_set_long(CURL *handle, CURLoption option, long value) {
  return curl_easy_setopt(handle, option, value);
}

static inline CURLcode pinion_curl_set_string(CURL *handle, CURLoption option, const char *value) {
  return curl_easy_setopt(handle, option, value);
}

static inline CURLcode pinion_curl_set_pointer(CURL *handle, CURLoption option, void *value) {
  return curl_easy_setopt(handle, option, value);
}

static inline CURLcode pinion_curl_set_headers(CURL *handle, struct curl_slist *list) {
  return curl_easy_setopt(handle, CURLOPT_HTTPHEADER, list);
}

static inline CURLcode pinion_curl_set_callback(
    CURL *handle, CURLoption option, curl_write_callback callback) {
  return curl_easy_setopt(handle, option, callback);
}

// libcurl 7.85 adds CURLOPT_PROTOCOLS_STR and deprecates CURLOPT_PROTOCOLS.
static inline CURLcode pinion_curl_allow_http_alone(CURL *handle) {
#if LIBCURL_VERSION_NUM >= 0x075500
  return curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
#else
  return curl_easy_setopt(handle, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

// From libcurl 7.87 on, cleanup does not wait for a name resolution in progress.
static inline CURLcode pinion_curl_quit_at_once(CURL *handle) {
#if LIBCURL_VERSION_NUM >= 0x075700
  return curl_easy_setopt(handle, CURLOPT_QUICK_EXIT, 1L);
#else
  (void)handle;
  return CURLE_OK;
#endif
}

static inline CURLcode pinion_curl_message_result(const CURLMsg *message) {
  return message->data.result;
}

#endif
