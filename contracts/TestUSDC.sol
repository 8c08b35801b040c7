// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// A stand-in for USDC on local chains: ERC-20 with six decimals, minted by whoever deployed it.
/// It is for tests and demonstrations only, and worth nothing.
contract TestUSDC {
    string public constant name = "Test USD Coin";
    string public constant symbol = "USDC";
    uint8 public constant decimals = 6;

    address public immutable minter = msg.sender;
    uint256 public totalSupply;
    mapping(address owner => uint256 units) public balanceOf;
    mapping(address owner => mapping(address spender => uint256 units)) public allowance;

    event Transfer(address indexed from, address indexed to, uint256 value);
    event Approval(address indexed owner, address indexed spender, uint256 value);

    error NotMinter(address caller);
    error ZeroAddress();
    error InsufficientBalance(address owner, uint256 balance, uint256 needed);
    error InsufficientAllowance(address spender, uint256 allowance, uint256 needed);

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
