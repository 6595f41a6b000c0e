#include <dlfcn.h>
#include <string.h>
#include <p11-kit-1/p11-kit/pkcs11.h>

/* PKCS#11 as one function each with plain arguments: its own are pointers in a table, its templates are arrays of untyped
   pointers, neither of which Swift has a good word for. Lengths are checked by whoever calls. */

typedef struct cp11_library { void *handle; CK_FUNCTION_LIST *functions; } cp11_library;

/* Loads a module. 0, or -1 when it cannot be loaded (cp11_words says why), -2 when it is no PKCS#11 module, or CKR. */
static inline long
cp11_open (const char *path, cp11_library *library)
{
  library->functions = NULL;
  library->handle = dlopen (path, RTLD_NOW | RTLD_LOCAL);
  if (library->handle == NULL)
    return -1;
  CK_C_GetFunctionList list = (CK_C_GetFunctionList) dlsym (library->handle, "C_GetFunctionList");
  if (list == NULL || list (&library->functions) != CKR_OK || library->functions == NULL)
    {
      library->functions = NULL;
      dlclose (library->handle);
      library->handle = NULL;
      return -2;
    }
  CK_C_INITIALIZE_ARGS arguments;
  memset (&arguments, 0, sizeof arguments);
  arguments.flags = CKF_OS_LOCKING_OK;
  CK_RV code = library->functions->C_Initialize (&arguments);
  if (code != CKR_OK && code != CKR_CRYPTOKI_ALREADY_INITIALIZED)
    {
      dlclose (library->handle);
      library->handle = NULL;
      library->functions = NULL;
      return (long) code;
    }
  return 0;
}

static inline const char *
cp11_words (void)
{
  const char *words = dlerror ();
  return words != NULL ? words : "";
}

/* Slots with a token in them; *count is room before, number after. */
static inline CK_RV
cp11_slots (const cp11_library *library, CK_SLOT_ID *slots, CK_ULONG *count)
{
  return library->functions->C_GetSlotList (CK_TRUE, slots, count);
}

static inline CK_RV
cp11_token (const cp11_library *library, CK_SLOT_ID slot, CK_TOKEN_INFO *information)
{
  return library->functions->C_GetTokenInfo (slot, information);
}

static inline CK_RV
cp11_open_session (const cp11_library *library, CK_SLOT_ID slot, int writes, CK_SESSION_HANDLE *session)
{
  CK_FLAGS flags = CKF_SERIAL_SESSION | (writes ? CKF_RW_SESSION : 0);
  return library->functions->C_OpenSession (slot, flags, NULL, NULL, session);
}

static inline CK_RV
cp11_close_session (const cp11_library *library, CK_SESSION_HANDLE session)
{
  return library->functions->C_CloseSession (session);
}

static inline CK_RV
cp11_login (const cp11_library *library, CK_SESSION_HANDLE session, const unsigned char *pin, CK_ULONG size)
{
  return library->functions->C_Login (session, CKU_USER, (unsigned char *) pin, size);
}

/* AES keys of that label: up to two, so that one can tell one from several. */
static inline CK_RV
cp11_find_key (const cp11_library *library, CK_SESSION_HANDLE session, const char *label, CK_ULONG size,
               CK_OBJECT_HANDLE found[2], CK_ULONG *count)
{
  CK_OBJECT_CLASS class = CKO_SECRET_KEY;
  CK_KEY_TYPE type = CKK_AES;
  CK_ATTRIBUTE wanted[] = {
    { CKA_CLASS, &class, sizeof class }, { CKA_KEY_TYPE, &type, sizeof type }, { CKA_LABEL, (void *) label, size },
  };
  CK_RV code = library->functions->C_FindObjectsInit (session, wanted, 3);
  if (code != CKR_OK)
    return code;
  code = library->functions->C_FindObjects (session, found, 2, count);
  CK_RV end = library->functions->C_FindObjectsFinal (session);
  return code != CKR_OK ? code : end;
}

/* An AES-256 key that never leaves the token. */
static inline CK_RV
cp11_make_key (const cp11_library *library, CK_SESSION_HANDLE session, const char *label, CK_ULONG size,
               CK_OBJECT_HANDLE *key)
{
  CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
  CK_ULONG length = 32;
  CK_MECHANISM mechanism = { CKM_AES_KEY_GEN, NULL, 0 };
  CK_ATTRIBUTE wanted[] = {
    { CKA_TOKEN, &yes, sizeof yes },         { CKA_PRIVATE, &yes, sizeof yes },
    { CKA_SENSITIVE, &yes, sizeof yes },     { CKA_EXTRACTABLE, &no, sizeof no },
    { CKA_ENCRYPT, &yes, sizeof yes },       { CKA_DECRYPT, &yes, sizeof yes },
    { CKA_MODIFIABLE, &no, sizeof no },      { CKA_VALUE_LEN, &length, sizeof length },
    { CKA_LABEL, (void *) label, size },
  };
  return library->functions->C_GenerateKey (session, &mechanism, wanted, 9, key);
}

/* Whether the token says of the key that it can leave it, or could once; what it does not say counts as no. */
static inline CK_RV
cp11_can_leave (const cp11_library *library, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, int *can_leave)
{
  CK_BBOOL extractable = CK_FALSE, sensitive = CK_TRUE;
  CK_ATTRIBUTE asked[] = {
    { CKA_EXTRACTABLE, &extractable, sizeof extractable }, { CKA_SENSITIVE, &sensitive, sizeof sensitive },
  };
  CK_RV code = library->functions->C_GetAttributeValue (session, key, asked, 2);
  *can_leave = extractable != CK_FALSE || sensitive == CK_FALSE;
  return code;
}

/* AES-GCM with a tag of 16 bytes. Some tokens choose the nonce themselves and write it where it is given. */
static inline CK_RV
cp11_seal (const cp11_library *library, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, unsigned char *nonce,
           CK_ULONG nonce_size, const unsigned char *context, CK_ULONG context_size, const unsigned char *plain,
           CK_ULONG plain_size, unsigned char *sealed, CK_ULONG *sealed_size)
{
  CK_GCM_PARAMS parameters = { nonce, nonce_size, nonce_size * 8, (unsigned char *) context, context_size, 128 };
  CK_MECHANISM mechanism = { CKM_AES_GCM, &parameters, sizeof parameters };
  CK_RV code = library->functions->C_EncryptInit (session, &mechanism, key);
  if (code != CKR_OK)
    return code;
  return library->functions->C_Encrypt (session, (unsigned char *) plain, plain_size, sealed, sealed_size);
}

static inline CK_RV
cp11_unseal (const cp11_library *library, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, unsigned char *nonce,
             CK_ULONG nonce_size, const unsigned char *context, CK_ULONG context_size, const unsigned char *sealed,
             CK_ULONG sealed_size, unsigned char *plain, CK_ULONG *plain_size)
{
  CK_GCM_PARAMS parameters = { nonce, nonce_size, nonce_size * 8, (unsigned char *) context, context_size, 128 };
  CK_MECHANISM mechanism = { CKM_AES_GCM, &parameters, sizeof parameters };
  CK_RV code = library->functions->C_DecryptInit (session, &mechanism, key);
  if (code != CKR_OK)
    return code;
  return library->functions->C_Decrypt (session, (unsigned char *) sealed, sealed_size, plain, plain_size);
}
