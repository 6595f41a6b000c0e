#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

/* The variadic functions of libcurl, which Swift cannot call. */

static inline CURLcode
ccurl_set_long (CURL *handle, CURLoption option, long value)
{
  return curl_easy_setopt (handle, option, value);
}

static inline CURLcode
ccurl_set_size (CURL *handle, CURLoption option, curl_off_t value)
{
  return curl_easy_setopt (handle, option, value);
}

/* libcurl copies the text. */
static inline CURLcode
ccurl_set_text (CURL *handle, CURLoption option, const char *value)
{
  return curl_easy_setopt (handle, option, value);
}

/* libcurl keeps the pointer: headers, the buffer for messages, what callbacks are given. */
static inline CURLcode
ccurl_set_pointer (CURL *handle, CURLoption option, void *value)
{
  return curl_easy_setopt (handle, option, value);
}

typedef size_t (*ccurl_transfer_callback) (char *bytes, size_t size, size_t count, void *context);
typedef int (*ccurl_seek_callback) (void *context, curl_off_t offset, int origin);

static inline CURLcode
ccurl_set_transfer (CURL *handle, CURLoption option, ccurl_transfer_callback callback)
{
  return curl_easy_setopt (handle, option, callback);
}

static inline CURLcode
ccurl_set_seek (CURL *handle, ccurl_seek_callback callback)
{
  return curl_easy_setopt (handle, CURLOPT_SEEKFUNCTION, callback);
}

static inline CURLMcode
ccurl_multi_set_long (CURLM *multi, CURLMoption option, long value)
{
  return curl_multi_setopt (multi, option, value);
}

static inline long
ccurl_status (CURL *handle)
{
  long status = 0;
  return curl_easy_getinfo (handle, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK ? status : 0;
}

/* Nanoseconds do not matter: 0 says that no connection came about. */
static inline curl_off_t
ccurl_connect_time (CURL *handle)
{
  curl_off_t microseconds = 0;
  return curl_easy_getinfo (handle, CURLINFO_CONNECT_TIME_T, &microseconds) == CURLE_OK ? microseconds : 0;
}

/* The next transfer that is over: its handle, and why in `result`; NULL when there is none. */
static inline CURL *
ccurl_next_done (CURLM *multi, CURLcode *result)
{
  CURLMsg *message;
  int left;
  while ((message = curl_multi_info_read (multi, &left)) != NULL)
    if (message->msg == CURLMSG_DONE)
      {
        *result = message->data.result;
        return message->easy_handle;
      }
  return NULL;
}
