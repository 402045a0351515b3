/* Oracle: what RFC 3986, the S3 reference and the AWS command line's documentation say of small inputs, worked out by hand. Requests
 * themselves are tested against a real server, tests/s3. */
#include <stdlib.h>
#include <string.h>

#include "store/bucket_s3_http.h"
#include "store/bucket_s3_profile.h"
#include "store/bucket_s3_settings.h"
#include "store/bucket_s3_transfer.h"
#include "store/bucket_s3_xml.h"
#include "support/testing.h"

/* ---- Encoding and waiting ---- */

static void encodes_as_the_signature_wants(void **state) {
  (void)state;
  da_text path = {0}, query = {0};
  da_http_encode(&path, "a b/\xc3\xa9+%~_-.", true);
  da_http_encode(&query, "raw/a=b&c", false);
  assert_string_equal(da_text_cstr(&path), "a%20b/%C3%A9%2B%25~_-.");
  assert_string_equal(da_text_cstr(&query), "raw%2Fa%3Db%26c");
  da_text_free(&path);
  da_text_free(&query);
}

static void waits_longer_and_longer_but_not_forever(void **state) {
  (void)state;
  da_random random;
  da_random_init(&random, 1, 1);
  double most[13] = {0};
  for (int round = 0; round < 2000; round++)
    for (uint32_t n = 1; n <= 12; n++) {
      double wait = da_http_backoff_seconds(&random, n);
      assert_true(wait >= 0);
      if (wait > most[n]) most[n] = wait;
    }
  assert_true(most[1] > 0.19 && most[1] < 0.2);
  assert_true(most[4] > 1.5 && most[4] < 1.6);
  assert_true(most[12] > 9.9 && most[12] < 10);
}

/* ---- XML ---- */

static da_status collect(void *context, const char *key, uint64_t n_bytes, int64_t modified_us, da_error *err) {
  (void)err;
  da_text_printf(context, "%s %llu %lld\n", key, (unsigned long long)n_bytes, (long long)modified_us);
  return DA_OK;
}

static const char page[] = "<?xml version=\"1.0\"?><ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>b</Name>"
                           "<Contents><Key>raw/a &amp; b.csv</Key><LastModified>2026-11-24T07:41:05.250Z</LastModified><Size>5</Size>"
                           "<Owner><ID>x</ID></Owner></Contents><Contents><Key>raw/c</Key><Size>6000000000</Size></Contents>"
                           "<NextContinuationToken>t/1</NextContinuationToken></ListBucketResult>";

static void reads_a_page_of_a_list(void **state) {
  (void)state;
  da_text objects = {0}, token = {0};
  da_error err = {0};
  assert_int_equal(da_xml_read_list(page, strlen(page), collect, &objects, &token, &err), DA_OK);
  assert_string_equal(da_text_cstr(&objects), "raw/a & b.csv 5 1795506065250000\nraw/c 6000000000 0\n");
  assert_string_equal(da_text_cstr(&token), "t/1");
  for (size_t n = 0; n < strlen(page); n++) /* cut off anywhere: an error, no crash */
    assert_int_equal(da_xml_read_list(page, n, collect, &objects, &token, &err), DA_ERR_IO);
  static const char html[] = "<html><body>welcome</body></html>";
  assert_int_equal(da_xml_read_list(html, strlen(html), collect, &objects, &token, &err), DA_ERR_IO);
  da_text_free(&objects);
  da_text_free(&token);
}

static void finds_an_element(void **state) {
  (void)state;
  static const char xml[] = "<Error><Code>NoSuchKey</Code><s:Region xmlns:s=\"u\">eu-west-1</s:Region><Code>2</Code></Error>";
  da_text value = {0};
  da_xml_find(xml, strlen(xml), "Code", &value);
  assert_string_equal(da_text_cstr(&value), "NoSuchKey");
  da_xml_find(xml, strlen(xml), "Region", &value);
  assert_string_equal(da_text_cstr(&value), "eu-west-1");
  da_xml_find(xml, strlen(xml), "Message", &value);
  assert_string_equal(da_text_cstr(&value), "");
  da_xml_find("no xml", 6, "Code", &value);
  assert_string_equal(da_text_cstr(&value), "");
  da_text_clear(&value);
  da_xml_escape(&value, "\"a<b>&\"");
  assert_string_equal(da_text_cstr(&value), "&quot;a&lt;b&gt;&amp;&quot;");
  da_text_free(&value);
  assert_int_equal(da_xml_time_us("1970-01-02T00:00:01Z"), 86401000000);
  assert_int_equal(da_xml_time_us("yesterday"), 0);
}

/* ---- Profiles ---- */

static void reads_profiles(void **state) {
  (void)state;
  static const char text[] = "# keys\n[default]\naws_access_key_id = A1\n; no\n[ profile  work ]\r\nregion=eu-west-1\r\n"
                             "s3 =\n  region = nested\naws_secret_access_key = a=b/c+\n[work]\nregion = us-west-2\n";
  da_text value = {0};
  assert_true(da_profile_find(text, "default", "aws_access_key_id", &value));
  assert_string_equal(da_text_cstr(&value), "A1");
  assert_true(da_profile_find(text, "work", "aws_secret_access_key", &value));
  assert_string_equal(da_text_cstr(&value), "a=b/c+");
  assert_true(da_profile_find(text, "work", "region", &value)); /* the last one counts */
  assert_string_equal(da_text_cstr(&value), "us-west-2");
  assert_true(da_profile_find(text, "default", "region", &value));
  assert_string_equal(da_text_cstr(&value), "");
  assert_false(da_profile_find(text, "play", "region", &value));
  da_text_free(&value);
}

/* ---- Settings ---- */

static void clear_environment(void) {
  static const char *const names[] = {"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_REGION",     "AWS_DEFAULT_REGION",
                                      "AWS_PROFILE",      "AWS_CA_BUNDLE",       "CURL_CA_BUNDLE", "AWS_DEFAULT_PROFILE"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) unsetenv(names[i]);
  setenv("AWS_CONFIG_FILE", "/nonexistent", 1);
  setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent", 1);
}

static void assert_url(const char *location, const da_config_s3 *config, const char *key, const char *query, const char *wanted) {
  da_s3_settings settings;
  da_error err = {0};
  da_text url = {0};
  assert_int_equal(da_s3_settings_read(location, config, &settings, &err), DA_OK);
  da_s3_settings_url(&settings, key, query, &url);
  assert_string_equal(da_text_cstr(&url), wanted);
  da_text_free(&url);
  da_s3_settings_free(&settings);
}

static void makes_urls(void **state) {
  (void)state;
  clear_environment();
  da_config config;
  da_config_init(&config);
  assert_url("s3://shop", NULL, "raw/a b.csv", NULL, "https://shop.s3.us-east-1.amazonaws.com/raw/a%20b.csv");
  assert_url("s3://shop/x/y/", NULL, "k", NULL, "https://shop.s3.us-east-1.amazonaws.com/x/y/k");
  assert_url("s3://shop/x", NULL, "", "list-type=2", "https://shop.s3.us-east-1.amazonaws.com/?list-type=2");
  assert_url("s3://a.shop", NULL, "k", NULL, "https://s3.us-east-1.amazonaws.com/a.shop/k");
  setenv("AWS_REGION", "cn-north-1", 1);
  assert_url("s3://shop", NULL, "k", NULL, "https://shop.s3.cn-north-1.amazonaws.com.cn/k");
  setenv("AWS_ENDPOINT_URL", "http://localhost:9000/", 1);
  assert_url("s3://shop", NULL, "k", NULL, "http://localhost:9000/shop/k");
  assert_url("s3://shop", NULL, "", "uploads=", "http://localhost:9000/shop?uploads=");
  config.s3.endpoint = "minio.example:443";
  config.s3.url_style = "vhost";
  assert_url("s3://shop", &config.s3, "k", NULL, "https://shop.minio.example:443/k");
  clear_environment();
  da_config_free(&config);
}

static void refuses_what_cannot_be(void **state) {
  (void)state;
  clear_environment();
  da_config config;
  da_config_init(&config);
  da_s3_settings settings;
  da_error err = {0};
  assert_int_equal(da_s3_settings_read("s3://", NULL, &settings, &err), DA_ERR_ARG);
  assert_int_equal(da_s3_settings_read("s3://a b/c", NULL, &settings, &err), DA_ERR_ARG);
  config.s3.url_style = "sideways";
  assert_int_equal(da_s3_settings_read("s3://shop", &config.s3, &settings, &err), DA_ERR_CONFIG);
  assert_string_equal(err.msg, "expected s3.url_style to be vhost or path but found 'sideways'");
  config.s3.url_style = NULL;
  config.s3.endpoint = "http://host/path";
  assert_int_equal(da_s3_settings_read("s3://shop", &config.s3, &settings, &err), DA_ERR_CONFIG);
  da_config_free(&config);
}

/* 10,000 parts at most, and whole MiB where more is needed. */
static void parts_suffice(void **state) {
  (void)state;
  const uint64_t mebibyte = 1 << 20, tebibyte = (uint64_t)1 << 40;
  assert_int_equal(da_s3_part_bytes(1, 5 * mebibyte), 5 * mebibyte);
  for (uint64_t n = mebibyte; n <= 5 * tebibyte; n = n * 3 + 1) {
    uint64_t part = da_s3_part_bytes(n, 16 * mebibyte);
    assert_true(part >= 16 * mebibyte && part % mebibyte == 0 && (n + part - 1) / part <= 10000);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(encodes_as_the_signature_wants),
      cmocka_unit_test(waits_longer_and_longer_but_not_forever),
      cmocka_unit_test(reads_a_page_of_a_list),
      cmocka_unit_test(finds_an_element),
      cmocka_unit_test(reads_profiles),
      cmocka_unit_test(makes_urls),
      cmocka_unit_test(refuses_what_cannot_be),
      cmocka_unit_test(parts_suffice),
  };
  return cmocka_run_group_tests_name("store.bucket_s3", tests, NULL, NULL) == 0 ? 0 : 1;
}
