// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// A stand-in for USDC on local chains: ERC-20 with six decimals and permits (EIP-2612), minted by
/// whoever deployed it.
/// It is for tests and demonstrations only, and worth nothing.
contract TestUSDC {
    string public constant name = "Test USD Coin";
    string public constant symbol = "USDC";
    string public constant version = "1";
    uint8 public constant decimals = 6;

    bytes32 private constant DOMAIN_TYPE = keccak256(
        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    );
    bytes32 private constant PERMIT_TYPE = keccak256(
        "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
    );
    /// Half the order of secp256k1: EIP-2 takes no higher s.
    uint256 private constant S_MAX =
        0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;

    address public immutable minter = msg.sender;
    uint256 public totalSupply;
    mapping(address owner => uint256 units) public balanceOf;
    mapping(address owner => mapping(address spender => uint256 units)) public allowance;
    /// How many permits of an owner were executed.
    mapping(address owner => uint256 count) public nonces;

    event Transfer(address indexed from, address indexed to, uint256 value);
    event Approval(address indexed owner, address indexed spender, uint256 value);

    error NotMinter(address caller);
    error ZeroAddress();
    error InsufficientBalance(address owner, uint256 balance, uint256 needed);
    error InsufficientAllowance(address spender, uint256 allowance, uint256 needed);
    error PermitExpired(uint256 deadline);
    error NotSignedByOwner(address owner);

    /// Creates `units` base units (six decimals) for `to`.
    function mint(address to, uint256 units) external returns (bool) {
        if (msg.sender != minter) revert NotMinter(msg.sender);
        if (to == address(0)) revert ZeroAddress();
        totalSupply += units;
        unchecked {
            // Cannot overflow: no balance exceeds the total supply.
            balanceOf[to] += units;
        }
        emit Transfer(address(0), to, units);
        return true;
    }

    function transfer(address to, uint256 units) external returns (bool) {
        move(msg.sender, to, units);
        return true;
    }

    function approve(address spender, uint256 units) external returns (bool) {
        allowance[msg.sender][spender] = units;
        emit Approval(msg.sender, spender, units);
        return true;
    }

    /// Does what the owner's signature over typed data says, once, until the deadline has passed.
    function permit(
        address owner,
        address spender,
        uint256 value,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external {
        if (block.timestamp > deadline) revert PermitExpired(deadline);
        bytes32 message =
            keccak256(abi.encode(PERMIT_TYPE, owner, spender, value, nonces[owner]++, deadline));
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", DOMAIN_SEPARATOR(), message));
        address signer = uint256(s) > S_MAX ? address(0) : ecrecover(digest, v, r, s);
        if (signer == address(0) || signer != owner) revert NotSignedByOwner(owner);
        allowance[owner][spender] = value;
        emit Approval(owner, spender, value);
    }

    function DOMAIN_SEPARATOR() public view returns (bytes32) {
        return keccak256(
            abi.encode(
                DOMAIN_TYPE,
                keccak256(bytes(name)),
                keccak256(bytes(version)),
                block.chainid,
                address(this)
            )
        );
    }

    function transferFrom(address from, address to, uint256 units) external returns (bool) {
        uint256 allowed = allowance[from][msg.sender];
        if (allowed < units) revert InsufficientAllowance(msg.sender, allowed, units);
        unchecked {
            allowance[from][msg.sender] = allowed - units;
        }
        move(from, to, units);
        return true;
    }

    function move(address from, address to, uint256 units) private {
        if (to == address(0)) revert ZeroAddress();
        uint256 balance = balanceOf[from];
        if (balance < units) revert InsufficientBalance(from, balance, units);
        unchecked {
            // Cannot overflow: the sum of all balances is the total supply.
            balanceOf[from] = balance - units;
            balanceOf[to] += units;
        }
        emit Transfer(from, to, units);
    }
}
